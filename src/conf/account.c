/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Users and groups of scripts: see account.h. */
#include "conf/account.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOOKUP_SIZE 16384

/* A number is taken as one, as by chown. */
static bool is_number(const char *text, unsigned *number)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	*number = (unsigned)value;
	return text[0] >= '0' && text[0] <= '9' && *end == '\0' && value < 0xffffffffu;
}

static int find_user(const char *name, struct account *account)
{
	char buffer[LOOKUP_SIZE];
	struct passwd entry;
	struct passwd *found = NULL;
	unsigned number;
	int error = getpwnam_r(name, &entry, buffer, sizeof(buffer), &found);

	if (!found && is_number(name, &number)) {
		error = getpwuid_r(number, &entry, buffer, sizeof(buffer), &found);
		account->user = number;
		account->group = number;
		snprintf(account->name, sizeof(account->name), "%s", name);
		if (!found)
			return 0;
	}
	if (!found)
		return error && error != ESRCH ? -error : -ENOENT;
	account->user = found->pw_uid;
	account->group = found->pw_gid;
	snprintf(account->name, sizeof(account->name), "%s", found->pw_name);
	snprintf(account->home, sizeof(account->home), "%s", found->pw_dir);
	return 0;
}

static int find_group(const char *name, struct account *account)
{
	char buffer[LOOKUP_SIZE];
	struct group entry;
	struct group *found = NULL;
	unsigned number;
	int error = getgrnam_r(name, &entry, buffer, sizeof(buffer), &found);

	if (found)
		account->group = found->gr_gid;
	else if (is_number(name, &number))
		account->group = number;
	else
		return error && error != ESRCH ? -error : -ENOENT;
	return 0;
}

static int find_supplementary(struct account *account)
{
	int count = ACCOUNT_GROUPS_MAX;

	account->groups = calloc(ACCOUNT_GROUPS_MAX, sizeof(*account->groups));
	if (!account->groups)
		return -ENOMEM;
	if (getgrouplist(account->name, account->group, account->groups, &count) < 0)
		count = ACCOUNT_GROUPS_MAX;
	account->group_count = (size_t)count;
	return 0;
}

static int find_default(struct account *account)
{
	struct passwd *self;

	if (geteuid() == 0 && find_user(ACCOUNT_DEFAULT, account) == 0)
		return 0;
	account->user = geteuid();
	account->group = getegid();
	self = getpwuid(account->user);
	snprintf(account->name, sizeof(account->name), "%s", self ? self->pw_name : "");
	snprintf(account->home, sizeof(account->home), "%s", self ? self->pw_dir : "/");
	return 0;
}

int account_find(const char *user, const char *group, bool supplementary, struct account *account, const char **missing)
{
	const bool with_all = supplementary || (group && group[0] == ':');
	int error;

	*account = (struct account){.home = "/"};
	*missing = user;
	error = user ? find_user(user, account) : find_default(account);
	if (!error && group) {
		*missing = group + (group[0] == ':');
		error = find_group(*missing, account);
	}
	if (!error && with_all)
		error = find_supplementary(account);
	if (error)
		account_free(account);
	return error;
}

static bool has_default(void)
{
	struct account account = {.home = ""};

	return find_user(ACCOUNT_DEFAULT, &account) == 0;
}

int account_of_script(const char *user, const char *group, uid_t *uid, const char **missing)
{
	struct account account;
	int error;

	if (!user)
		user = has_default() ? ACCOUNT_DEFAULT : "root";
	error = account_find(user, group, false, &account, missing);
	if (error)
		return error;
	*uid = account.user;
	account_free(&account);
	return 0;
}

void account_free(struct account *account)
{
	free(account->groups);
	account->groups = NULL;
	account->group_count = 0;
}
