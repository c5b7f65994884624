/* What a decision with ten attached policies costs: the ten largest of AWS's managed policies, and
 * ten of our own in which every statement has conditions and variables. In the same run: what
 * compiling those documents costs, and merely walking over their text, for ratios that another
 * machine repeats. */
#include "policy/policy.h"
#include "base/buf.h"
#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define ATTACHED       10
#define ROUNDS         20000
#define LIMIT_NS       20000.0
#define OWN_STATEMENTS 12

struct attached {
    char *texts[ATTACHED];
    struct policy_entry entries[ATTACHED];
};

static double cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static bool get(void *arg, const char *key, struct policy_values *ret)
{
    static const struct {
        const char *key, *value;
    } facts[] = {
        {"aws:SourceIp", "203.0.113.7"},
        {"aws:username", "bob"},
        {"aws:CurrentTime", "2026-01-01T12:00:00Z"},
        {"ec2:InstanceType", "t3.micro"},
        {"aws:RequestedRegion", "us-east-1"},
        {"aws:PrincipalTag/team", "red"},
    };

    (void)arg;
    for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
        if (strcasecmp(facts[i].key, key) != 0)
            continue;
        *ret = (struct policy_values){.text = &facts[i].value, .count = 1};
        return true;
    }
    return false;
}

static void keep_largest(struct attached *set, char *text)
{
    size_t least = 0;
    for (size_t i = 0; i < ATTACHED; i++) {
        if (set->texts[i] == NULL) {
            set->texts[i] = text;
            return;
        }
        if (strlen(set->texts[i]) < strlen(set->texts[least]))
            least = i;
    }
    char *gone = strlen(text) > strlen(set->texts[least]) ? set->texts[least] : text;
    if (gone != text)
        set->texts[least] = text;
    free(gone);
}

static void read_managed(const char *path, struct attached *set)
{
    json_error_t error;
    json_t *all = json_load_file(path, 0, &error), *one;
    const char *name;

    if (all == NULL) {
        fprintf(stderr, "%s: %s\n", path, error.text);
        exit(1);
    }
    json_object_foreach (all, name, one)
        keep_largest(set, json_to_text(json_object_get(one, "document")));
    json_decref(all);
}

static void write_own(struct attached *set)
{
    static const char statement[] =
        "%s{\"Effect\":\"Allow\",\"Action\":[\"ec2:Run*\",\"ec2:Describe*\",\"iam:PassRole\"],"
        "\"Resource\":[\"arn:aws:ec2:*:*:instance/${aws:username}-*\",\"arn:aws:ec2:*:*:volume/"
        "%zu\"],"
        "\"Condition\":{\"StringLike\":{\"ec2:InstanceType\":[\"m5.*\",\"t3.*\"]},"
        "\"IpAddress\":{\"aws:SourceIp\":[\"192.0.2.0/24\",\"203.0.113.0/24\"]},"
        "\"DateGreaterThan\":{\"aws:CurrentTime\":\"2020-01-01T00:00:00Z\"},"
        "\"StringEquals\":{\"aws:PrincipalTag/team\":\"%s\"}}}";

    for (size_t i = 0; i < ATTACHED; i++) {
        struct buf text;
        buf_init(&text, 131072);
        buf_add_str(&text, "{\"Version\":\"2012-10-17\",\"Statement\":[");
        for (size_t j = 0; j < OWN_STATEMENTS; j++)
            buf_addf(&text, statement, j == 0 ? "" : ",", i * OWN_STATEMENTS + j,
                     i == ATTACHED - 1 ? "red" : "blue");
        buf_add_str(&text, "]}");
        set->texts[i] = buf_take(&text);
    }
}

static void compile(struct attached *set)
{
    struct err err;

    for (size_t i = 0; i < ATTACHED; i++) {
        set->entries[i].policy =
            policy_compile(set->texts[i], strlen(set->texts[i]), POLICY_MANAGED, &err);
        if (set->entries[i].policy == NULL) {
            fprintf(stderr, "%s: %s\n", err.text, set->texts[i]);
            exit(1);
        }
    }
}

static void discard(struct attached *set)
{
    for (size_t i = 0; i < ATTACHED; i++)
        policy_free((struct policy *)(uintptr_t)set->entries[i].policy);
}

static double compile_cost(struct attached *set)
{
    double start = cpu_ns();
    for (size_t i = 0; i < 50; i++) {
        compile(set);
        discard(set);
    }
    return (cpu_ns() - start) / 50;
}

static double walk_cost(const struct attached *set)
{
    volatile unsigned sum = 0;
    double start = cpu_ns();
    for (size_t round = 0; round < 1000; round++)
        for (size_t i = 0; i < ATTACHED; i++)
            for (const char *at = set->texts[i]; *at != '\0'; at++)
                sum += (unsigned char)*at;
    return (cpu_ns() - start) / 1000;
}

static double decision_cost(struct attached *set, const char *action, const char *resource)
{
    static const struct policy_principal who = {.arn = "arn:aws:iam::111122223333:user/bob",
                                                .account = "111122223333"};
    struct policy_context context = {.get = get};
    struct policy_ask ask = {.action = action,
                             .resource = resource,
                             .principal = &who,
                             .context = &context,
                             .identity = {set->entries, ATTACHED}};
    struct policy_answer answer;
    double start = cpu_ns();
    for (size_t i = 0; i < ROUNDS; i++)
        policy_decide(&ask, &answer);
    return (cpu_ns() - start) / ROUNDS;
}

static bool report(const char *name, struct attached *set)
{
    static const struct {
        const char *action, *resource;
    } asked[] = {
        {"ec2:RunInstances", "arn:aws:ec2:us-east-1:111122223333:instance/bob-1"},
        {"ec2:DescribeInstances", "*"},
        {"iam:CreateUser", "arn:aws:iam::111122223333:user/al"},
        {"sns:Publish", "arn:aws:sns:us-east-1:111122223333:topic"},
    };
    size_t bytes = 0;
    bool fast = true;

    for (size_t i = 0; i < ATTACHED; i++)
        bytes += strlen(set->texts[i]);
    double walk = walk_cost(set), compiling = compile_cost(set);
    printf("%s: %zu bytes; walking over them %.0f ns, compiling them %.0f ns (%.1f walks)\n", name,
           bytes, walk, compiling, compiling / walk);
    compile(set);
    for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
        double cost = decision_cost(set, asked[i].action, asked[i].resource);
        printf("  %-24s %8.0f ns a decision, %.3f walks\n", asked[i].action, cost, cost / walk);
        fast = fast && cost < LIMIT_NS;
    }
    discard(set);
    return fast;
}

int main(int argc, char **argv)
{
    struct attached managed = {.texts = {NULL}}, own = {.texts = {NULL}};

    if (argc != 2)
        return 2;
    read_managed(argv[1], &managed);
    write_own(&own);
    bool fast = report("ten managed policies", &managed);
    fast = report("ten policies with conditions", &own) && fast;
    printf("every decision under %.0f ns: %s\n", LIMIT_NS, fast ? "yes" : "no");
    for (size_t i = 0; i < ATTACHED; i++) {
        free(managed.texts[i]);
        free(own.texts[i]);
    }
    return 0;
}
