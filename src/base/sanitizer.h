/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether this is a build with AddressSanitizer, which needs more of the system itself: UNDER_SANITIZER is 1 or 0. */
#ifndef VIGIA_BASE_SANITIZER_H
#define VIGIA_BASE_SANITIZER_H

#if defined(__SANITIZE_ADDRESS__)
#define UNDER_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNDER_SANITIZER 1
#endif
#endif
#ifndef UNDER_SANITIZER
#define UNDER_SANITIZER 0
#endif

#endif
