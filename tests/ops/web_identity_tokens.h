/* A token as GitHub gives to workflows, and its key set, as texts of tables.
 * Made by federation_vectors.py. */
#ifndef TESTS_OPS_WEB_IDENTITY_TOKENS_H
#define TESTS_OPS_WEB_IDENTITY_TOKENS_H

/* clang-format off */
#define GITHUB_TOKEN \
    "eyJhbGciOiJSUzI1NiIsImtpZCI6ImsiLCJ0eXAiOiJKV1QifQ.eyJpc3MiOiJodHRwczovL3Rva2VuLmFjdGl" \
    "vbnMuZ2l0aHVidXNlcmNvbnRlbnQuY29tIiwiYXVkIjoic3RzLmFtYXpvbmF3cy5jb20iLCJzdWIiOiJyZXBvO" \
    "m9jdG8vYXBwOnJlZjpyZWZzL2hlYWRzL21haW4iLCJyZXBvc2l0b3J5Ijoib2N0by9hcHAiLCJyZWYiOiJyZWZ" \
    "zL2hlYWRzL21haW4iLCJzZWNyZXQiOiJ4IiwiaWF0IjoxNzY3MjI1NTQwLCJuYmYiOjE3NjcyMjU1NDAsImV4c" \
    "CI6MTc2NzIyNjE0MH0.iH4vL0_EL8pRXxPNI9DPWSYL0CUeZ5IXCrYPMzhiKCaNbbcYvFPcC6H9gQOAuP2t4gO" \
    "jq0JLyJUTx2lMTG0oZZb-DADe4ikQpt9LvIwDkLV5tUzsRli-JjWVsgAsSCcq1VbjZFYkbtvPYyQoD7W-Df2-N" \
    "yQk_wvYXROk5nEIJyqzIhVyCFZvMDN8Wjrto4GMZuajBwo_mBAyLsT9lkTCW5Ve2sObibsDwbifu_mPKhvgTFm" \
    "z19BfrfDMRVpMKMemWLn83mz5NeMMWMn5KLxW-fpAOflDyq7QNVp08Hg1aCJgLUAJu70e7tggQ0S7wrW8RUF8z" \
    "vulUudZNhb4R9Bppg"

#define GITHUB_KEYS \
    "{\"keys\": [{\"kid\": \"k\", \"kty\": \"RSA\", \"n\": \"6dVpekkVVqG9MT4yTqr9LlNmcNmFuA" \
    "fkblSfduiQSi8m4n_8ee9g3UbhL8WNjrf-Fwqaasdq7NEww7m1CAZM2fH4ZxNzpKB4FS_65_qy-0XocdEFdfD3" \
    "uJgmh_vc3i_CVl8GvIstulVg6Y1ToPs3rNJpUWs1oNC5pb6ub-bDMzjRFUqmAI7j0dOuQysw33A1cOjegfMkLC" \
    "ldL4jOUyL-8zQapDTHNf2M2cYyRgaejTgjZIkwMhlhNqt7qMw5uj5sCz5XZcsA9wYDsIfPVpGZ_BQDLkW-Zva_" \
    "iamKJtCYhyO3CqgOFstBMIyJPWil56LItYBPLkIqiUNTFYFBRUL0Nw\", \"e\": \"AQAB\"}]}"
/* clang-format on */

#endif
