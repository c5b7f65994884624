/* Compiled policy documents, each text once for the whole program, whoever has it. What is found
 * stays until policy_cache_clear, which principal_policies_find may do (see there). */
#ifndef SERVICES_IAM_POLICY_CACHE_H
#define SERVICES_IAM_POLICY_CACHE_H

#include "policy/policy.h"

/* NULL with err set when the document is malformed; malformed ones are not kept. err may be NULL.
 */
const struct policy *policy_cache_find(const char *text, enum policy_kind kind, struct err *err);
/* The document that became a kept policy; NULL: it is not kept. Looks through all that are. */
const char *policy_cache_text(const struct policy *policy);
size_t policy_cache_bytes(void); /* what is kept takes about so much memory */
void policy_cache_clear(void);   /* forgets everything; frees all memory */

#endif
