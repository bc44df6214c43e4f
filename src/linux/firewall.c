/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Transactions with the difference between what should be and what is: see firewall.h. */
#include "linux/firewall.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "linux/firewall_filter.h"
#include "linux/thread.h"
#include "linux/turn_clock.h"

#define KINDS_MAX 16 /* elements of firewall_put_kinds, and more */
#define ANSWER_COUNTS (2 * RESTORE_SPACING) /* longer than the engine waits before it asks; the kernel's 65,536 numbers last longer */

static const char after[] = ".after", alive[] = ".alive";

/* An older one would refuse a transaction, and wait for the end of a grace period of RCU before it says so. */
static bool kernel_lets_tables_persist(void)
{
	struct utsname host;
	unsigned major, minor;

	if (uname(&host) < 0 || sscanf(host.release, "%u.%u", &major, &minor) != 2)
		return false;
	return major > 6 || (major == 6 && minor >= 9);
}

void firewall_open(struct firewall *firewall, int socket, const char *name, const struct firewall_style *style)
{
	*firewall = (struct firewall){
		.style = *style,
		.socket = socket,
		.filters = -1,
		.sequence = 1,
		.owned = true,
		.persists = kernel_lets_tables_persist(),
		.answered = -1,
		.put_back_at = {INT64_MIN / 2}};
	snprintf(firewall->name, sizeof(firewall->name), "%s", name);
	thread_lock_init(&firewall->lock);
}

void firewall_close(struct firewall *firewall)
{
	if (firewall->socket >= 0)
		close(firewall->socket);
	if (firewall->filters >= 0)
		close(firewall->filters);
	firewall->socket = -1;
	firewall->filters = -1;
	firewall_elements_free(&firewall->elements);
	free(firewall->tables);
	firewall->tables = NULL;
	firewall->table_count = 0;
}

static struct firewall_table *add_table(struct firewall *firewall)
{
	struct firewall_table *grown = realloc(firewall->tables, (firewall->table_count + 1) * sizeof(*grown));

	if (!grown)
		return NULL;
	firewall->tables = grown;
	return &grown[firewall->table_count++];
}

/* Finds it or makes it; NULL without memory. */
static struct firewall_table *get_table(struct firewall *firewall, uint8_t family, int ifindex)
{
	struct firewall_table *table;

	for (size_t i = 0; i < firewall->table_count; i++) {
		table = &firewall->tables[i];
		if (!table->former && table->family == family && table->ifindex == ifindex)
			return table;
	}
	table = add_table(firewall);
	if (!table)
		return NULL;
	*table = (struct firewall_table){.family = family, .ifindex = ifindex};
	if (ifindex == FIREWALL_AFTER || ifindex == FIREWALL_ALIVE)
		snprintf(table->name, sizeof(table->name), "%s%s", firewall->name,
			ifindex == FIREWALL_AFTER ? after : alive);
	else
		snprintf(table->name, sizeof(table->name), ifindex ? "%s.%d" : "%s", firewall->name, ifindex);
	return table;
}

static struct nft_table named(const struct firewall_table *table)
{
	return (struct nft_table){table->family, table->name};
}

static int ifindex_of(const char *ending)
{
	if (strcmp(ending, after) == 0)
		return FIREWALL_AFTER;
	if (strcmp(ending, alive) == 0)
		return FIREWALL_ALIVE;
	return *ending == '.' ? atoi(ending + 1) : 0;
}

static void learn_one(void *user, const struct nft_table *found)
{
	struct firewall *firewall = user;
	const size_t length = strlen(firewall->name);
	const bool former = strncmp(found->name, firewall->name, length) != 0 ||
			    (found->name[length] != '\0' && found->name[length] != '.');
	struct firewall_table *table =
		former ? add_table(firewall)
		       : get_table(firewall, found->family, ifindex_of(found->name + length));

	if (!table)
		return;
	if (former)
		*table = (struct firewall_table){.family = found->family, .former = true};
	snprintf(table->name, sizeof(table->name), "%s", found->name);
	table->exists = true;
	table->stale = true;
}

/* Whatever of ours stands there is replaced as a whole by the next transaction. */
static int learn(struct firewall *firewall)
{
	int error;

	firewall->table_count = 0;
	for (size_t i = 0; i < firewall->elements.count; i++)
		firewall->elements.list[i].applied = false;
	error = nft_socket_list(firewall->socket, firewall->name, learn_one, firewall);
	firewall->learned = !error;
	return error;
}

static struct firewall_table *table_of(struct firewall *firewall, const struct firewall_element *element)
{
	return get_table(firewall, firewall_set_family(element->set), element->ifindex);
}

static bool is_made(const struct firewall_table *table)
{
	return table->needed && (!table->exists || table->stale);
}

static bool is_removed(const struct firewall_table *table)
{
	return table->exists && (!table->needed || table->stale);
}

/* Whoever has a table for afterwards needs the other one, that says whether it is time. */
static int need_alive(struct firewall *firewall)
{
	for (size_t i = 0; i < firewall->table_count; i++) {
		struct firewall_table *table;

		if (!firewall->tables[i].needed || firewall->tables[i].ifindex != FIREWALL_AFTER)
			continue;
		table = get_table(firewall, firewall->tables[i].family, FIREWALL_ALIVE);
		if (!table)
			return -ENOMEM;
		table->needed = true;
	}
	return 0;
}

/* What is needed, and how large the batch can become; 0: nothing is to be done. -ENOMEM. */
static ssize_t plan(struct firewall *firewall)
{
	ssize_t size = 0;

	for (size_t i = 0; i < firewall->table_count; i++)
		firewall->tables[i].needed = false;
	for (size_t i = 0; i < firewall->elements.count; i++) {
		const struct firewall_element *element = &firewall->elements.list[i];
		struct firewall_table *table = table_of(firewall, element);

		if (!table)
			return -ENOMEM;
		table->needed = table->needed || element->uses > 0;
		if ((element->uses > 0) != (element->applied && !table->stale) ||
			memcmp(&element->data, &element->applied_data, sizeof(element->data)) != 0)
			size += 2 * NFT_ELEMENT_MAX;
	}
	if (need_alive(firewall))
		return -ENOMEM;
	for (size_t i = 0; i < firewall->table_count; i++)
		if (is_made(&firewall->tables[i]) || is_removed(&firewall->tables[i]))
			size += FIREWALL_TABLE_SIZE;
	return size;
}

static int put_table(struct firewall *firewall, struct nft_batch *batch, const struct firewall_table *table,
	const struct nft_table *wanted)
{
	char device[IF_NAMESIZE];

	if (table->ifindex == FIREWALL_AFTER)
		firewall_put_after(batch, wanted, firewall->persists, firewall->outlives);
	else if (table->ifindex == FIREWALL_ALIVE)
		firewall_put_alive(batch, wanted);
	else if (table->ifindex && !if_indextoname((unsigned)table->ifindex, device))
		return -ENODEV;
	else
		firewall_put_table(batch, wanted, firewall->owned, firewall->style.priority,
			table->ifindex ? device : NULL);
	return 0;
}

static int put_tables(struct firewall *firewall, struct nft_batch *batch)
{
	int error = 0;

	for (size_t i = 0; i < firewall->table_count && !error; i++) {
		const struct firewall_table *table = &firewall->tables[i];
		const struct nft_table wanted = named(table);

		if (is_removed(table) && table->doubtful)
			nft_put_table_gone_if_any(batch, &wanted, table->ifindex == FIREWALL_ALIVE ? NFT_TABLE_F_OWNER : 0);
		else if (is_removed(table))
			nft_put_table_gone(batch, &wanted);
		if (is_made(table))
			error = put_table(firewall, batch, table, &wanted);
	}
	return error;
}

static void put_element(
	struct firewall *firewall, struct nft_batch *batch, const struct firewall_element *element)
{
	const struct firewall_table *table = table_of(firewall, element);
	const struct nft_set *set = firewall_set(element->set);
	const bool stands = element->applied && !is_removed(table);
	const bool same = memcmp(&element->data, &element->applied_data, sizeof(element->data)) == 0;
	const void *data = set->data != NFT_TYPE_NONE ? &element->data : NULL;
	const struct nft_table target = named(table);

	if (stands && (element->uses == 0 || !same))
		nft_put_element(batch, &target, set, false, element->key, NULL);
	if (element->uses > 0 && (!stands || !same))
		nft_put_element(batch, &target, set, true, element->key, data);
}

static void note_success(struct firewall *firewall)
{
	size_t kept = 0;

	for (size_t i = 0; i < firewall->elements.count; i++) {
		firewall->elements.list[i].applied = firewall->elements.list[i].uses > 0;
		firewall->elements.list[i].applied_data = firewall->elements.list[i].data;
	}
	firewall_elements_tidy(&firewall->elements);
	for (size_t i = 0; i < firewall->table_count; i++)
		if (firewall->tables[i].needed) {
			firewall->tables[kept] = firewall->tables[i];
			firewall->tables[kept].exists = true;
			firewall->tables[kept].doubtful = false;
			firewall->tables[kept++].stale = false;
		}
	firewall->table_count = kept;
}

static int commit(struct firewall *firewall)
{
	const ssize_t size = plan(firewall);
	struct nft_batch batch;
	int error;

	if (size <= 0)
		return (int)size;
	error = nft_batch_begin(&batch, (size_t)size, firewall->sequence);
	if (error)
		return error;
	batch.counts = firewall->style.counts;
	error = put_tables(firewall, &batch);
	if (error) {
		nft_batch_free(&batch);
		return error;
	}
	for (size_t i = 0; i < firewall->elements.count; i++)
		put_element(firewall, &batch, &firewall->elements.list[i]);
	nft_batch_end(&batch);
	firewall->sequence = batch.sequence;
	return nft_socket_run(firewall->socket, &batch);
}

static bool may_lack_flag(int error)
{
	return error == -EINVAL || error == -EOPNOTSUPP;
}

/* The kernel may hold something else than we believe, and an old one does not know owners, or none that tables outlive. */
static int commit_somehow(struct firewall *firewall)
{
	int error = firewall->learned ? commit(firewall) : -ESTALE;

	if (error)
		error = learn(firewall) ? -EOPNOTSUPP : commit(firewall);
	if (firewall->learned && may_lack_flag(error)) {
		bool *flag = firewall_elements_has_mortal(&firewall->elements) ? &firewall->persists : &firewall->owned;

		if (*flag) {
			*flag = false;
			error = commit(firewall);
			*flag = error != 0;
		}
	}
	if (!error)
		note_success(firewall);
	return error;
}

/* Takes what should be back to what it was; the kernel still has that. */
static void give_up(struct firewall *firewall, struct firewall_elements *before)
{
	struct firewall_elements failed = firewall->elements;

	/* What stands in the kernel has not changed, but what we know of it may have. */
	firewall->elements = *before;
	firewall->learned = false;
	*before = failed;
}

static bool is_open_to_others(const struct firewall *firewall, const struct firewall_table *table)
{
	return table->ifindex == FIREWALL_AFTER ? !firewall->persists : !firewall->owned;
}

bool firewall_is_open_to_others(struct firewall *firewall, bool if_busy)
{
	bool found = false;

	/* Whoever has it may wait for the kernel. */
	if (pthread_mutex_trylock(&firewall->lock) != 0)
		return if_busy;
	for (size_t i = 0; i < firewall->table_count && !found; i++)
		found = is_open_to_others(firewall, &firewall->tables[i]);
	pthread_mutex_unlock(&firewall->lock);
	return found;
}

/* At once, without asking first what stands there: whoever has changed it waits at his end, with nf_tables locked, for the end of
 * a grace period of RCU, some 14 ms, and is to find that we are done. The table that says that we live is never left out: without it
 * the other one would silence us. */
static int replace_open(struct firewall *firewall)
{
	int error;

	firewall->put_back_at = mono_now();
	firewall->answered = -1;
	for (size_t i = 0; i < firewall->table_count; i++) {
		struct firewall_table *table = &firewall->tables[i];

		if (is_open_to_others(firewall, table) || (table->ifindex == FIREWALL_ALIVE && !firewall->persists))
			table->stale = table->doubtful = true;
	}
	error = commit(firewall);
	if (!error)
		note_success(firewall);
	return error;
}

static int change(struct firewall *firewall, const struct firewall_op *ops, size_t count)
{
	struct firewall_elements before;
	int error;

	if (firewall->socket < 0)
		return count > 0 ? -EOPNOTSUPP : 0;
	error = firewall_elements_copy(&before, &firewall->elements);
	if (error)
		return error;
	for (size_t i = 0; !error && i < count; i++)
		error = firewall_elements_take(&firewall->elements, &ops[i]);
	if (!error)
		error = firewall_filters_open(firewall);
	if (!error)
		error = commit_somehow(firewall);
	if (error)
		give_up(firewall, &before);
	firewall_filters_close_unused(firewall, &before);
	firewall_elements_free(&before);
	return error;
}

int firewall_change(struct firewall *firewall, const struct firewall_op *ops, size_t count)
{
	int error;

	pthread_mutex_lock(&firewall->lock);
	error = change(firewall, ops, count);
	pthread_mutex_unlock(&firewall->lock);
	return error;
}

/* At once; or else after a look at what stands there. */
static int put_back(struct firewall *firewall)
{
	if (firewall->learned && replace_open(firewall) == 0)
		return 0;
	firewall->learned = false;
	return change(firewall, NULL, 0);
}

/* Numbers rise, and start again at 0: one answer is for all before it. */
static bool is_answered(const struct firewall *firewall, int transaction)
{
	return transaction >= 0 && firewall->answered >= 0 && (int16_t)(firewall->answered - transaction) >= 0 &&
	       mono_before(mono_now(), mono_add(firewall->put_back_at, ANSWER_COUNTS));
}

int firewall_put_back(struct firewall *firewall, int transaction)
{
	int error = 0;

	pthread_mutex_lock(&firewall->lock);
	if (!is_answered(firewall, transaction)) {
		error = put_back(firewall);
		firewall->answered = error ? -1 : transaction;
	}
	pthread_mutex_unlock(&firewall->lock);
	return error;
}

static bool may_answer(const struct firewall *firewall, int transaction)
{
	return !firewall->resting && firewall->learned && !is_answered(firewall, transaction) &&
	       mono_due(mono_add(firewall->put_back_at, RESTORE_SPACING), mono_now());
}

void firewall_answer(struct firewall *firewall, int transaction)
{
	pthread_mutex_lock(&firewall->lock);
	if (may_answer(firewall, transaction) && replace_open(firewall) == 0)
		firewall->answered = transaction;
	pthread_mutex_unlock(&firewall->lock);
}

static int follow(struct firewall *firewall, const char *name, const struct firewall_style *style)
{
	const struct firewall_style old_style = firewall->style;
	const bool renamed = strcmp(firewall->name, name) != 0;
	char old_name[FIREWALL_NAME_SIZE];
	int error;

	if (!renamed && style->priority == old_style.priority && style->counts == old_style.counts)
		return 0;
	memcpy(old_name, firewall->name, sizeof(old_name));
	snprintf(firewall->name, sizeof(firewall->name), "%s", name);
	firewall->style = *style;
	for (size_t i = 0; i < firewall->table_count; i++) {
		firewall->tables[i].stale = true;
		firewall->tables[i].former = firewall->tables[i].former || renamed;
	}
	for (size_t i = 0; i < firewall->elements.count; i++)
		firewall->elements.list[i].applied = false;
	/* without any, nobody has asked for one yet */
	error = firewall->table_count > 0 ? commit_somehow(firewall) : 0;
	if (!error)
		return 0;
	memcpy(firewall->name, old_name, sizeof(firewall->name));
	firewall->style = old_style;
	firewall->learned = false;
	return error;
}

int firewall_follow(struct firewall *firewall, const char *name, const struct firewall_style *style)
{
	int error;

	pthread_mutex_lock(&firewall->lock);
	error = follow(firewall, name, style);
	pthread_mutex_unlock(&firewall->lock);
	return error;
}

/* A short transaction, whatever the number of addresses. */
static int refresh(struct firewall *firewall)
{
	struct nft_batch batch;
	int error = nft_batch_begin(&batch, 4 * KINDS_MAX * NFT_ELEMENT_MAX, firewall->sequence);

	if (error)
		return error;
	for (size_t i = 0; i < firewall->table_count; i++) {
		const struct nft_table wanted = named(&firewall->tables[i]);

		if (firewall->tables[i].ifindex == FIREWALL_AFTER)
			firewall_put_kinds(&batch, &wanted, firewall->outlives);
	}
	nft_batch_end(&batch);
	firewall->sequence = batch.sequence;
	return nft_socket_run(firewall->socket, &batch);
}

static int make_mortal(
	struct firewall *firewall, const struct ip_addr *addresses, size_t count, dur_t length)
{
	struct firewall_elements before;
	int error;

	if (firewall->socket < 0 || !firewall->owned)
		return count > 0 ? -EOPNOTSUPP : 0;
	firewall->outlives = (uint64_t)(length / DUR_MS);
	if (addresses == NULL && count > 0) {
		/* Else it is gone: somebody has taken it away. */
		if (firewall->learned && refresh(firewall) == 0)
			return 0;
		firewall->learned = false;
		return change(firewall, NULL, 0);
	}
	error = firewall_elements_copy(&before, &firewall->elements);
	if (error)
		return error;
	error = firewall_elements_make_mortal(&firewall->elements, addresses, count);
	if (!error)
		error = commit_somehow(firewall);
	if (error)
		give_up(firewall, &before);
	firewall_elements_free(&before);
	return error;
}

int firewall_make_mortal(
	struct firewall *firewall, const struct ip_addr *addresses, size_t count, dur_t length)
{
	int error;

	pthread_mutex_lock(&firewall->lock);
	error = make_mortal(firewall, addresses, count, length);
	pthread_mutex_unlock(&firewall->lock);
	return error;
}

bool firewall_rest(struct firewall *firewall)
{
	if (pthread_mutex_trylock(&firewall->lock) != 0)
		return false;
	firewall->resting = true;
	pthread_mutex_unlock(&firewall->lock);
	return true;
}

void firewall_wake(struct firewall *firewall)
{
	pthread_mutex_lock(&firewall->lock);
	firewall->resting = false;
	pthread_mutex_unlock(&firewall->lock);
}

void firewall_forget(struct firewall *firewall)
{
	pthread_mutex_lock(&firewall->lock);
	firewall->learned = false;
	pthread_mutex_unlock(&firewall->lock);
}
