/* Conditions: every operator, quantifier and IfExists. Every row is one decision: an allowing
 * statement with the condition, and a request with the keys. */
#include "policy_support.h"

struct condition_row {
    const char *rule;
    const char *condition; /* the members of Condition */
    const char *keys;      /* of the request */
    bool holds;
};

static void rows_run(const struct condition_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char document[2048];
        snprintf(document, sizeof(document),
                 DOC("{'Effect':'Allow','Action':'*','Resource':'*','Condition':{%s}}"),
                 rows[i].condition);
        enum policy_verdict verdict = identity_decides(document, "s3:GetObject", "*", rows[i].keys);
        if (verdict != (rows[i].holds ? POLICY_ALLOW : POLICY_IMPLICIT_DENY))
            fail_msg("row %zu, %s: %s", i, rows[i].rule, verdict_name(verdict));
    }
}

#define IS(op, key, value)    "'" op "':{'" key "':'" value "'}"
#define ONE_OF(op, key, a, b) "'" op "':{'" key "':['" a "','" b "']}"
#define YES                   true
#define NO                    false

static void strings(void **state)
{
    (void)state;
    static const struct condition_row rows[] = {
        {"StringEquals: equal", IS("StringEquals", "k:a", "x"), "k:a=x", YES},
        {"StringEquals: case", IS("StringEquals", "k:a", "x"), "k:a=X", NO},
        {"StringEquals: a prefix is not equal", IS("StringEquals", "k:a", "x"), "k:a=xy", NO},
        {"StringEquals: a longer policy value", IS("StringEquals", "k:a", "xy"), "k:a=x", NO},
        {"StringEquals: no wildcards", IS("StringEquals", "k:a", "x*"), "k:a=xy", NO},
        {"StringEquals: a star is itself", IS("StringEquals", "k:a", "x*"), "k:a=x*", YES},
        {"StringEquals: empty is empty", IS("StringEquals", "k:a", ""), "k:a=", YES},
        {"StringEquals: empty is not absent", IS("StringEquals", "k:a", ""), NULL, NO},
        {"StringEquals: no such key", IS("StringEquals", "k:a", "x"), "k:b=x", NO},
        {"StringEquals: key names have no case", IS("StringEquals", "K:A", "x"), "k:a=x", YES},
        {"StringEquals: either value", ONE_OF("StringEquals", "k:a", "x", "y"), "k:a=y", YES},
        {"StringEquals: neither value", ONE_OF("StringEquals", "k:a", "x", "y"), "k:a=z", NO},
        {"StringEquals: an empty list", "'StringEquals':{'k:a':[]}", "k:a=x", NO},
        {"StringEquals: a number in the document", "'StringEquals':{'k:a':7}", "k:a=7", YES},
        {"StringEquals: a boolean in the document", "'StringEquals':{'k:a':true}", "k:a=true", YES},
        {"StringEquals: a list of either sort", "'StringEquals':{'k:a':[1,'x',false]}", "k:a=false",
         YES},
        {"StringEquals: a variable", IS("StringEquals", "k:a", "${k:b}"), "k:a=x;k:b=x", YES},
        {"StringEquals: a variable of another value", IS("StringEquals", "k:a", "${k:b}"),
         "k:a=x;k:b=y", NO},
        {"StringEquals: a variable without value", IS("StringEquals", "k:a", "${k:b}"), "k:a=x",
         NO},
        {"StringEquals: the other value still counts", ONE_OF("StringEquals", "k:a", "${k:b}", "x"),
         "k:a=x", YES},
        {"StringNotEquals: equal", IS("StringNotEquals", "k:a", "x"), "k:a=x", NO},
        {"StringNotEquals: another", IS("StringNotEquals", "k:a", "x"), "k:a=y", YES},
        {"StringNotEquals: no such key", IS("StringNotEquals", "k:a", "x"), NULL, YES},
        {"StringNotEquals: none of several", ONE_OF("StringNotEquals", "k:a", "x", "y"), "k:a=z",
         YES},
        {"StringNotEquals: one of several", ONE_OF("StringNotEquals", "k:a", "x", "y"), "k:a=y",
         NO},
        {"StringNotEquals: an empty list", "'StringNotEquals':{'k:a':[]}", "k:a=x", YES},
        {"StringNotEquals: a variable", IS("StringNotEquals", "k:a", "${k:b}"), "k:a=x;k:b=y", YES},
        {"StringNotEquals: a variable without value", IS("StringNotEquals", "k:a", "${k:b}"),
         "k:a=x", NO},
        {"StringEqualsIgnoreCase: case", IS("StringEqualsIgnoreCase", "k:a", "ReD"), "k:a=rEd",
         YES},
        {"StringEqualsIgnoreCase: another", IS("StringEqualsIgnoreCase", "k:a", "red"), "k:a=blue",
         NO},
        {"StringEqualsIgnoreCase: no wildcards", IS("StringEqualsIgnoreCase", "k:a", "r*"),
         "k:a=red", NO},
        {"StringEqualsIgnoreCase: a variable", IS("StringEqualsIgnoreCase", "k:a", "${k:b}"),
         "k:a=red;k:b=RED", YES},
        {"StringEqualsIgnoreCase: no such key", IS("StringEqualsIgnoreCase", "k:a", "x"), NULL, NO},
        {"StringNotEqualsIgnoreCase: case", IS("StringNotEqualsIgnoreCase", "k:a", "RED"),
         "k:a=red", NO},
        {"StringNotEqualsIgnoreCase: another", IS("StringNotEqualsIgnoreCase", "k:a", "RED"),
         "k:a=blue", YES},
        {"StringNotEqualsIgnoreCase: no such key", IS("StringNotEqualsIgnoreCase", "k:a", "x"),
         NULL, YES},
        {"StringLike: a star", IS("StringLike", "k:a", "t2.*"), "k:a=t2.micro", YES},
        {"StringLike: not so", IS("StringLike", "k:a", "t2.*"), "k:a=m5.large", NO},
        {"StringLike: a dot is a dot", IS("StringLike", "k:a", "t2.*"), "k:a=t2xmicro", NO},
        {"StringLike: a question mark", IS("StringLike", "k:a", "us-east-?"), "k:a=us-east-2", YES},
        {"StringLike: case", IS("StringLike", "k:a", "T2.*"), "k:a=t2.micro", NO},
        {"StringLike: without wildcards", IS("StringLike", "k:a", "x"), "k:a=x", YES},
        {"StringLike: star takes nothing", IS("StringLike", "k:a", "x*"), "k:a=x", YES},
        {"StringLike: star takes an empty value", IS("StringLike", "k:a", "*"), "k:a=", YES},
        {"StringLike: star does not take absence", IS("StringLike", "k:a", "*"), NULL, NO},
        {"StringLike: over colons",
         IS("StringLike", "k:a", "arn:aws:someservice:*:111122223333:f/*"),
         "k:a=arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:f/d.txt", YES},
        {"StringNotLike: so", IS("StringNotLike", "k:a", "t2.*"), "k:a=t2.micro", NO},
        {"StringNotLike: not so", IS("StringNotLike", "k:a", "t2.*"), "k:a=m5.large", YES},
        {"StringNotLike: no such key", IS("StringNotLike", "k:a", "t2.*"), NULL, YES},
        {"StringNotLike: none of several", ONE_OF("StringNotLike", "k:a", "a*", "b*"), "k:a=b1",
         NO},
    };
    rows_run(rows, ARRAY_LEN(rows));
}

static void numbers(void **state)
{
    (void)state;
    static const struct condition_row rows[] = {
        {"NumericEquals: equal", IS("NumericEquals", "k:a", "10"), "k:a=10", YES},
        {"NumericEquals: as numbers, not as text", IS("NumericEquals", "k:a", "10"), "k:a=10.0",
         YES},
        {"NumericEquals: another", IS("NumericEquals", "k:a", "10"), "k:a=11", NO},
        {"NumericEquals: without quotation marks", "'NumericEquals':{'k:a':10}", "k:a=10", YES},
        {"NumericEquals: a fraction", "'NumericEquals':{'k:a':2.5}", "k:a=2.50", YES},
        {"NumericEquals: either", ONE_OF("NumericEquals", "k:a", "1", "2"), "k:a=2", YES},
        {"NumericEquals: no number in the request", IS("NumericEquals", "k:a", "0"), "k:a=zero",
         NO},
        {"NumericEquals: no such key", IS("NumericEquals", "k:a", "0"), NULL, NO},
        {"NumericNotEquals: equal", IS("NumericNotEquals", "k:a", "10"), "k:a=10", NO},
        {"NumericNotEquals: another", IS("NumericNotEquals", "k:a", "10"), "k:a=9", YES},
        {"NumericNotEquals: one of several", ONE_OF("NumericNotEquals", "k:a", "1", "2"), "k:a=2",
         NO},
        {"NumericNotEquals: no such key", IS("NumericNotEquals", "k:a", "10"), NULL, YES},
        {"NumericLessThan: less", IS("NumericLessThan", "k:a", "10"), "k:a=9", YES},
        {"NumericLessThan: equal", IS("NumericLessThan", "k:a", "10"), "k:a=10", NO},
        {"NumericLessThan: more", IS("NumericLessThan", "k:a", "10"), "k:a=100", NO},
        {"NumericLessThan: not the order of text", IS("NumericLessThan", "k:a", "10"), "k:a=9.99",
         YES},
        {"NumericLessThan: below zero", IS("NumericLessThan", "k:a", "0"), "k:a=-1", YES},
        {"NumericLessThan: any of several will do", ONE_OF("NumericLessThan", "k:a", "5", "10"),
         "k:a=7", YES},
        {"NumericLessThan: no such key", IS("NumericLessThan", "k:a", "10"), NULL, NO},
        {"NumericLessThanEquals: equal", IS("NumericLessThanEquals", "k:a", "10"), "k:a=10", YES},
        {"NumericLessThanEquals: more", IS("NumericLessThanEquals", "k:a", "10"), "k:a=11", NO},
        {"NumericGreaterThan: more", IS("NumericGreaterThan", "k:a", "10"), "k:a=11", YES},
        {"NumericGreaterThan: equal", IS("NumericGreaterThan", "k:a", "10"), "k:a=10", NO},
        {"NumericGreaterThanEquals: equal", IS("NumericGreaterThanEquals", "k:a", "10"), "k:a=10",
         YES},
        {"NumericGreaterThanEquals: less", IS("NumericGreaterThanEquals", "k:a", "10"), "k:a=9.5",
         NO},
        {"NumericGreaterThanEquals: large", IS("NumericGreaterThanEquals", "k:a", "3600"),
         "k:a=1700000000", YES},
    };
    rows_run(rows, ARRAY_LEN(rows));
}

#define NOON "2020-04-01T12:00:00Z"

static void dates(void **state)
{
    (void)state;
    static const struct condition_row rows[] = {
        {"DateEquals: equal", IS("DateEquals", "k:a", NOON), "k:a=" NOON, YES},
        {"DateEquals: in another zone", IS("DateEquals", "k:a", NOON),
         "k:a=2020-04-01T14:00:00+02:00", YES},
        {"DateEquals: seconds since 1970", IS("DateEquals", "k:a", NOON), "k:a=1585742400", YES},
        {"DateEquals: seconds in the document", IS("DateEquals", "k:a", "1585742400"), "k:a=" NOON,
         YES},
        {"DateEquals: a number in the document", "'DateEquals':{'k:a':1585742400}", "k:a=" NOON,
         YES},
        {"DateEquals: a day is its first moment", IS("DateEquals", "k:a", "2020-04-01"),
         "k:a=2020-04-01T00:00:00Z", YES},
        {"DateEquals: a month is its first moment", IS("DateEquals", "k:a", "2020-04"),
         "k:a=2020-04-01T00:00:00Z", YES},
        {"DateEquals: without seconds", IS("DateEquals", "k:a", "2020-04-01T12:00Z"), "k:a=" NOON,
         YES},
        {"DateEquals: without seconds, with a zone",
         IS("DateEquals", "k:a", "2020-04-01T13:00+01:00"), "k:a=" NOON, YES},
        {"DateEquals: a second later", IS("DateEquals", "k:a", NOON), "k:a=2020-04-01T12:00:01Z",
         NO},
        {"DateEquals: no date in the request", IS("DateEquals", "k:a", NOON), "k:a=noon", NO},
        {"DateEquals: no such key", IS("DateEquals", "k:a", NOON), NULL, NO},
        {"DateNotEquals: equal", IS("DateNotEquals", "k:a", NOON), "k:a=" NOON, NO},
        {"DateNotEquals: another", IS("DateNotEquals", "k:a", NOON), "k:a=2021-04-01T12:00:00Z",
         YES},
        {"DateNotEquals: no such key", IS("DateNotEquals", "k:a", NOON), NULL, YES},
        {"DateLessThan: before", IS("DateLessThan", "k:a", NOON), "k:a=2020-04-01T11:59:59Z", YES},
        {"DateLessThan: at", IS("DateLessThan", "k:a", NOON), "k:a=" NOON, NO},
        {"DateLessThan: not the order of text", IS("DateLessThan", "k:a", NOON),
         "k:a=2020-04-01T13:30:00+02:00", YES},
        {"DateLessThan: a fraction of a second", IS("DateLessThan", "k:a", NOON),
         "k:a=2020-04-01T11:59:59.999Z", YES},
        {"DateLessThanEquals: at", IS("DateLessThanEquals", "k:a", NOON), "k:a=" NOON, YES},
        {"DateLessThanEquals: after", IS("DateLessThanEquals", "k:a", NOON),
         "k:a=2020-04-01T12:00:00.001Z", NO},
        {"DateGreaterThan: after", IS("DateGreaterThan", "k:a", NOON), "k:a=2020-04-01T12:00:01Z",
         YES},
        {"DateGreaterThan: at", IS("DateGreaterThan", "k:a", NOON), "k:a=" NOON, NO},
        {"DateGreaterThan: seconds", IS("DateGreaterThan", "k:a", NOON), "k:a=1585742401", YES},
        {"DateGreaterThanEquals: at", IS("DateGreaterThanEquals", "k:a", NOON), "k:a=" NOON, YES},
        {"DateGreaterThanEquals: before", IS("DateGreaterThanEquals", "k:a", NOON),
         "k:a=1585742399", NO},
        {"a span of time is two operators",
         IS("DateGreaterThan", "k:a", "2020-04-01") "," IS("DateLessThan", "k:a", "2020-06-30"),
         "k:a=2020-05-01T00:00:00Z", YES},
        {"and both must hold",
         IS("DateGreaterThan", "k:a", "2020-04-01") "," IS("DateLessThan", "k:a", "2020-06-30"),
         "k:a=2020-07-01T00:00:00Z", NO},
    };
    rows_run(rows, ARRAY_LEN(rows));
}

static void booleans_and_bytes(void **state)
{
    (void)state;
    static const struct condition_row rows[] = {
        {"Bool: true", IS("Bool", "k:a", "true"), "k:a=true", YES},
        {"Bool: true is not false", IS("Bool", "k:a", "true"), "k:a=false", NO},
        {"Bool: false", IS("Bool", "k:a", "false"), "k:a=false", YES},
        {"Bool: without quotation marks", "'Bool':{'k:a':false}", "k:a=false", YES},
        {"Bool: case", IS("Bool", "k:a", "True"), "k:a=true", YES},
        {"Bool: absent is not false", IS("Bool", "k:a", "false"), NULL, NO},
        {"Bool: a variable", IS("Bool", "k:a", "${k:b}"), "k:a=true;k:b=true", YES},
        {"Bool: a variable of another value", IS("Bool", "k:a", "${k:b}"), "k:a=true;k:b=false",
         NO},
        {"BinaryEquals: the same", IS("BinaryEquals", "k:a", "QmluYXJ5VmFsdWU="),
         "k:a=QmluYXJ5VmFsdWU=", YES},
        {"BinaryEquals: others", IS("BinaryEquals", "k:a", "QmluYXJ5VmFsdWU="),
         "k:a=QmluYXJ5VmFsdWV=", NO},
        {"BinaryEquals: case", IS("BinaryEquals", "k:a", "QmluYXJ5VmFsdWU="),
         "k:a=qmluyxj5vmfsdwu=", NO},
        {"BinaryEquals: no such key", IS("BinaryEquals", "k:a", "QQ=="), NULL, NO},
        {"Null true: absent", IS("Null", "k:a", "true"), NULL, YES},
        {"Null true: there", IS("Null", "k:a", "true"), "k:a=x", NO},
        {"Null true: there without a value", IS("Null", "k:a", "true"), "k:a={}", YES},
        {"Null true: an empty text is a value", IS("Null", "k:a", "true"), "k:a=", NO},
        {"Null false: absent", IS("Null", "k:a", "false"), NULL, NO},
        {"Null false: there", IS("Null", "k:a", "false"), "k:a=x", YES},
        {"Null: without quotation marks", "'Null':{'k:a':true}", NULL, YES},
        {"Null: either", ONE_OF("Null", "k:a", "true", "false"), "k:a=x", YES},
    };
    rows_run(rows, ARRAY_LEN(rows));
}

static void addresses(void **state)
{
    (void)state;
    static const struct condition_row rows[] = {
        {"IpAddress: in the block", IS("IpAddress", "k:a", "203.0.113.0/24"), "k:a=203.0.113.77",
         YES},
        {"IpAddress: the block's first", IS("IpAddress", "k:a", "203.0.113.0/24"),
         "k:a=203.0.113.0", YES},
        {"IpAddress: the block's last", IS("IpAddress", "k:a", "203.0.113.0/24"),
         "k:a=203.0.113.255", YES},
        {"IpAddress: the one behind", IS("IpAddress", "k:a", "203.0.113.0/24"), "k:a=203.0.114.0",
         NO},
        {"IpAddress: without a prefix it is one", IS("IpAddress", "k:a", "203.0.113.7"),
         "k:a=203.0.113.7", YES},
        {"IpAddress: and no other", IS("IpAddress", "k:a", "203.0.113.7"), "k:a=203.0.113.8", NO},
        {"IpAddress: host bits do not count", IS("IpAddress", "k:a", "203.0.113.9/24"),
         "k:a=203.0.113.77", YES},
        {"IpAddress: odd prefixes: in", IS("IpAddress", "k:a", "10.0.0.0/9"), "k:a=10.127.0.1",
         YES},
        {"IpAddress: odd prefixes: out", IS("IpAddress", "k:a", "10.0.0.0/9"), "k:a=10.128.0.1",
         NO},
        {"IpAddress: everything", IS("IpAddress", "k:a", "0.0.0.0/0"), "k:a=8.8.8.8", YES},
        {"IpAddress: everything of IPv4 is nothing of IPv6", IS("IpAddress", "k:a", "0.0.0.0/0"),
         "k:a=2001:db8::1", NO},
        {"IpAddress: IPv6 in the block", IS("IpAddress", "k:a", "2001:DB8:1234:5678::/64"),
         "k:a=2001:db8:1234:5678::9", YES},
        {"IpAddress: IPv6 in another", IS("IpAddress", "k:a", "2001:DB8:1234:5678::/64"),
         "k:a=2001:db8:1234:5679::9", NO},
        {"IpAddress: IPv6 odd prefixes", IS("IpAddress", "k:a", "2001:db8::/33"),
         "k:a=2001:db8:8000::1", NO},
        {"IpAddress: IPv6 without a prefix", IS("IpAddress", "k:a", "2001:db8::1"),
         "k:a=2001:0DB8:0:0:0:0:0:1", YES},
        {"IpAddress: everything of IPv6 is nothing of IPv4", IS("IpAddress", "k:a", "::/0"),
         "k:a=8.8.8.8", NO},
        {"IpAddress: either family", ONE_OF("IpAddress", "k:a", "203.0.113.0/24", "2001:db8::/32"),
         "k:a=2001:db8::1", YES},
        {"IpAddress: no address in the request", IS("IpAddress", "k:a", "0.0.0.0/0"), "k:a=bob",
         NO},
        {"IpAddress: longer than any address", IS("IpAddress", "k:a", "0.0.0.0/0"),
         "k:a=1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1", NO},
        {"IpAddress: no such key", IS("IpAddress", "k:a", "0.0.0.0/0"), NULL, NO},
        {"NotIpAddress: in the block", IS("NotIpAddress", "k:a", "203.0.113.0/24"),
         "k:a=203.0.113.77", NO},
        {"NotIpAddress: outside", IS("NotIpAddress", "k:a", "203.0.113.0/24"), "k:a=8.8.8.8", YES},
        {"NotIpAddress: in one of several",
         ONE_OF("NotIpAddress", "k:a", "192.0.2.0/24", "203.0.113.0/24"), "k:a=203.0.113.77", NO},
        {"NotIpAddress: in none of several",
         ONE_OF("NotIpAddress", "k:a", "192.0.2.0/24", "203.0.113.0/24"), "k:a=198.51.100.1", YES},
        {"NotIpAddress: no such key", IS("NotIpAddress", "k:a", "203.0.113.0/24"), NULL, YES},
    };
    rows_run(rows, ARRAY_LEN(rows));
}

#define TOPIC "arn:aws:sns:us-east-1:111122223333:topic"

static void arns(void **state)
{
    (void)state;
    static const struct condition_row rows[] = {
        {"ArnEquals: equal", IS("ArnEquals", "k:a", TOPIC), "k:a=" TOPIC, YES},
        {"ArnEquals: case", IS("ArnEquals", "k:a", TOPIC),
         "k:a=arn:aws:SNS:us-east-1:111122223333:topic", NO},
        {"ArnEquals takes wildcards", IS("ArnEquals", "k:a", "arn:aws:sns:*:*:topic"), "k:a=" TOPIC,
         YES},
        {"ArnEquals: no such key", IS("ArnEquals", "k:a", TOPIC), NULL, NO},
        {"ArnLike: a star in each component", IS("ArnLike", "k:a", "arn:*:*:*:*:*"), "k:a=" TOPIC,
         YES},
        {"ArnLike: part of a component", IS("ArnLike", "k:a", "arn:aws:sns:us-*-1:*:t*"),
         "k:a=" TOPIC, YES},
        {"ArnLike: a question mark",
         IS("ArnLike", "k:a", "arn:aws:sns:us-east-?:111122223333:topic"), "k:a=" TOPIC, YES},
        {"ArnLike: components are compared by themselves",
         IS("ArnLike", "k:a", "arn:aws:someservice:*:111122223333:finance/*"),
         "k:a=arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/d.txt", NO},
        {"ArnLike: the sixth component may have colons",
         IS("ArnLike", "k:a", "arn:aws:logs:*:*:log-group:*"),
         "k:a=arn:aws:logs:us-east-1:111122223333:log-group:a:b", YES},
        {"ArnLike: a star alone", IS("ArnLike", "k:a", "*"), "k:a=" TOPIC, YES},
        {"ArnLike: a variable", IS("ArnLike", "k:a", "arn:aws:sns:*:${k:b}:*"),
         "k:a=" TOPIC ";k:b=111122223333", YES},
        {"ArnLike: a variable of another value", IS("ArnLike", "k:a", "arn:aws:sns:*:${k:b}:*"),
         "k:a=" TOPIC ";k:b=999922223333", NO},
        {"ArnLike: a colon in a value is text, not a component",
         IS("ArnLike", "k:a", "arn:aws:iam:*:*:user/${k:b}"),
         "k:a=arn:aws:iam::111122223333:user/a:b;k:b=a:b", YES},
        {"ArnLike: either", ONE_OF("ArnLike", "k:a", "arn:aws:sqs:*:*:*", "arn:aws:sns:*:*:*"),
         "k:a=" TOPIC, YES},
        {"ArnNotEquals: equal", IS("ArnNotEquals", "k:a", TOPIC), "k:a=" TOPIC, NO},
        {"ArnNotEquals: another", IS("ArnNotEquals", "k:a", TOPIC), "k:a=" TOPIC "2", YES},
        {"ArnNotEquals: no such key", IS("ArnNotEquals", "k:a", TOPIC), NULL, YES},
        {"ArnNotLike: so", IS("ArnNotLike", "k:a", "arn:aws:sns:*:*:*"), "k:a=" TOPIC, NO},
        {"ArnNotLike: not so", IS("ArnNotLike", "k:a", "arn:aws:sqs:*:*:*"), "k:a=" TOPIC, YES},
        {"ArnNotLike: one of several",
         ONE_OF("ArnNotLike", "k:a", "arn:aws:sqs:*:*:*", "arn:aws:sns:*:*:*"), "k:a=" TOPIC, NO},
    };
    rows_run(rows, ARRAY_LEN(rows));
}

static void if_exists(void **state)
{
    (void)state;
    static const struct condition_row rows[] = {
        {"StringEqualsIfExists: absent", IS("StringEqualsIfExists", "k:a", "x"), NULL, YES},
        {"StringEqualsIfExists: equal", IS("StringEqualsIfExists", "k:a", "x"), "k:a=x", YES},
        {"StringEqualsIfExists: another", IS("StringEqualsIfExists", "k:a", "x"), "k:a=y", NO},
        {"StringNotEqualsIfExists: absent", IS("StringNotEqualsIfExists", "k:a", "x"), NULL, YES},
        {"StringNotEqualsIfExists: equal", IS("StringNotEqualsIfExists", "k:a", "x"), "k:a=x", NO},
        {"StringEqualsIgnoreCaseIfExists", IS("StringEqualsIgnoreCaseIfExists", "k:a", "x"),
         "k:a=X", YES},
        {"StringLikeIfExists: absent", ONE_OF("StringLikeIfExists", "k:a", "t1.*", "t2.*"), NULL,
         YES},
        {"StringLikeIfExists: so", ONE_OF("StringLikeIfExists", "k:a", "t1.*", "t2.*"),
         "k:a=t2.nano", YES},
        {"StringLikeIfExists: not so", ONE_OF("StringLikeIfExists", "k:a", "t1.*", "t2.*"),
         "k:a=m5.large", NO},
        {"NumericLessThanIfExists: absent", IS("NumericLessThanIfExists", "k:a", "10"), NULL, YES},
        {"NumericLessThanIfExists: more", IS("NumericLessThanIfExists", "k:a", "10"), "k:a=11", NO},
        {"DateGreaterThanIfExists: absent", IS("DateGreaterThanIfExists", "k:a", NOON), NULL, YES},
        {"DateGreaterThanIfExists: before", IS("DateGreaterThanIfExists", "k:a", NOON), "k:a=0",
         NO},
        {"BoolIfExists false: absent (no MFA with long-lived keys)",
         IS("BoolIfExists", "aws:MultiFactorAuthPresent", "false"), NULL, YES},
        {"BoolIfExists false: with MFA", IS("BoolIfExists", "aws:MultiFactorAuthPresent", "false"),
         "aws:MultiFactorAuthPresent=true", NO},
        {"BinaryEqualsIfExists: absent", IS("BinaryEqualsIfExists", "k:a", "QQ=="), NULL, YES},
        {"IpAddressIfExists: absent", IS("IpAddressIfExists", "k:a", "10.0.0.0/8"), NULL, YES},
        {"IpAddressIfExists: outside", IS("IpAddressIfExists", "k:a", "10.0.0.0/8"), "k:a=8.8.8.8",
         NO},
        {"NotIpAddressIfExists: inside", IS("NotIpAddressIfExists", "k:a", "10.0.0.0/8"),
         "k:a=10.1.1.1", NO},
        {"ArnLikeIfExists: absent", IS("ArnLikeIfExists", "k:a", TOPIC), NULL, YES},
        {"ArnNotEqualsIfExists: equal", IS("ArnNotEqualsIfExists", "k:a", TOPIC), "k:a=" TOPIC, NO},
        {"a key without a value is there", IS("StringEqualsIfExists", "k:a", "x"), "k:a={}", NO},
        {"the other conditions still count",
         IS("StringLikeIfExists", "k:a", "x") "," IS("Bool", "k:b", "true"), NULL, NO},
    };
    rows_run(rows, ARRAY_LEN(rows));
}

static void sets(void **state)
{
    (void)state;
    static const struct condition_row rows[] = {
        {"ForAllValues: each is allowed", ONE_OF("ForAllValues:StringEquals", "k:a", "x", "y"),
         "k:a=x|y", YES},
        {"ForAllValues: fewer", ONE_OF("ForAllValues:StringEquals", "k:a", "x", "y"), "k:a=y", YES},
        {"ForAllValues: one is not", ONE_OF("ForAllValues:StringEquals", "k:a", "x", "y"),
         "k:a=x|z", NO},
        {"ForAllValues: no such key", IS("ForAllValues:StringEquals", "k:a", "x"), NULL, YES},
        {"ForAllValues: an empty set", IS("ForAllValues:StringEquals", "k:a", "x"), "k:a={}", YES},
        {"ForAllValues with Null: the key must be there",
         IS("ForAllValues:StringEquals", "k:a", "x") "," IS("Null", "k:a", "false"), NULL, NO},
        {"ForAllValues: wildcards", IS("ForAllValues:StringLike", "k:a", "x*"), "k:a=x1|x2", YES},
        {"ForAllValues: wildcards, one not", IS("ForAllValues:StringLike", "k:a", "x*"),
         "k:a=x1|y2", NO},
        {"ForAllValues: case", IS("ForAllValues:StringEqualsIgnoreCase", "k:a", "x"), "k:a=x|X",
         YES},
        {"ForAllValues: numbers", IS("ForAllValues:NumericLessThan", "k:a", "5"), "k:a=1|4", YES},
        {"ForAllValues: one number too large", IS("ForAllValues:NumericLessThan", "k:a", "5"),
         "k:a=1|6", NO},
        {"ForAllValues: ARNs", IS("ForAllValues:ArnLike", "k:a", "arn:aws:sns:*:*:*"),
         "k:a=" TOPIC "|" TOPIC "2", YES},
        {"ForAllValues negated: none is named",
         ONE_OF("ForAllValues:StringNotEquals", "k:a", "x", "y"), "k:a=z|w", YES},
        {"ForAllValues negated: one is named",
         ONE_OF("ForAllValues:StringNotEquals", "k:a", "x", "y"), "k:a=z|x", NO},
        {"ForAllValues negated: no such key", IS("ForAllValues:StringNotEquals", "k:a", "x"), NULL,
         YES},
        {"ForAllValues with IfExists: absent", IS("ForAllValues:StringEqualsIfExists", "k:a", "x"),
         NULL, YES},
        {"ForAnyValue: one is named", ONE_OF("ForAnyValue:StringEquals", "k:a", "x", "y"),
         "k:a=z|x", YES},
        {"ForAnyValue: none is named", ONE_OF("ForAnyValue:StringEquals", "k:a", "x", "y"),
         "k:a=z|w", NO},
        {"ForAnyValue: no such key", IS("ForAnyValue:StringEquals", "k:a", "x"), NULL, NO},
        {"ForAnyValue: an empty set", IS("ForAnyValue:StringEquals", "k:a", "x"), "k:a={}", NO},
        {"ForAnyValue: wildcards", IS("ForAnyValue:StringLike", "k:a", "x*"), "k:a=a|x1", YES},
        {"ForAnyValue: dates", IS("ForAnyValue:DateLessThan", "k:a", NOON),
         "k:a=2030-01-01|2010-01-01", YES},
        {"ForAnyValue: addresses", IS("ForAnyValue:IpAddress", "k:a", "10.0.0.0/8"),
         "k:a=8.8.8.8|10.1.1.1", YES},
        {"ForAnyValue: booleans", IS("ForAnyValue:Bool", "k:a", "true"), "k:a=false|false", NO},
        {"ForAnyValue negated: one is not named",
         ONE_OF("ForAnyValue:StringNotEquals", "k:a", "x", "y"), "k:a=x|z", YES},
        {"ForAnyValue negated: all are named",
         ONE_OF("ForAnyValue:StringNotEquals", "k:a", "x", "y"), "k:a=x|y", NO},
        {"ForAnyValue negated: no such key", IS("ForAnyValue:StringNotEquals", "k:a", "x"), NULL,
         NO},
        {"ForAnyValue with IfExists: absent", IS("ForAnyValue:StringEqualsIfExists", "k:a", "x"),
         NULL, YES},
        {"several values without a quantifier: any", IS("StringEquals", "k:a", "x"), "k:a=z|x",
         YES},
        {"several values without a quantifier: negated, one named",
         IS("StringNotEquals", "k:a", "x"), "k:a=z|x", NO},
        {"several values without a quantifier: negated, none named",
         IS("StringNotEquals", "k:a", "x"), "k:a=z|w", YES},
        {"tag keys that may be given",
         ONE_OF("ForAllValues:StringEquals", "aws:TagKeys", "team", "env"), "aws:TagKeys=team|env",
         YES},
    };
    rows_run(rows, ARRAY_LEN(rows));
}

static void several(void **state)
{
    (void)state;
    static const struct condition_row rows[] = {
        {"no condition at all", "", NULL, YES},
        {"an operator without keys", "'StringEquals':{}", NULL, YES},
        {"two keys of one operator: both", "'StringEquals':{'k:a':'x','k:b':'y'}", "k:a=x;k:b=y",
         YES},
        {"two keys of one operator: one fails", "'StringEquals':{'k:a':'x','k:b':'y'}",
         "k:a=x;k:b=z", NO},
        {"two keys of one operator: one is absent", "'StringEquals':{'k:a':'x','k:b':'y'}", "k:a=x",
         NO},
        {"two operators: both", IS("StringEquals", "k:a", "x") "," IS("Bool", "k:b", "true"),
         "k:a=x;k:b=true", YES},
        {"two operators: one fails", IS("StringEquals", "k:a", "x") "," IS("Bool", "k:b", "true"),
         "k:a=x;k:b=false", NO},
        {"two operators on one key",
         IS("StringLike", "k:a", "x*") "," IS("StringNotEquals", "k:a", "x1"), "k:a=x2", YES},
        {"two operators on one key: one fails",
         IS("StringLike", "k:a", "x*") "," IS("StringNotEquals", "k:a", "x1"), "k:a=x1", NO},
        {"all sorts of operators, in whatever order",
         IS("DateLessThan", "k:d", NOON) "," IS("IpAddress", "k:i", "10.0.0.0/8") "," IS(
             "NumericEquals", "k:n", "1") "," IS("StringEquals", "k:a", "x"),
         "k:a=x;k:n=1;k:i=10.1.1.1;k:d=0", YES},
        {"all sorts of operators, the first fails",
         IS("DateLessThan", "k:d", NOON) "," IS("IpAddress", "k:i", "10.0.0.0/8") "," IS(
             "NumericEquals", "k:n", "1") "," IS("StringEquals", "k:a", "x"),
         "k:a=x;k:n=1;k:i=10.1.1.1;k:d=2030-01-01", NO},
        {"a tag's key with a slash", IS("StringEquals", "aws:ResourceTag/a/b", "x"),
         "aws:ResourceTag/a/b=x", YES},
        {"a key of an identity provider",
         IS("StringEquals", "token.actions.githubusercontent.com:sub", "repo:o/r:ref"),
         "token.actions.githubusercontent.com:sub=repo:o/r:ref", YES},
        {"text beyond ASCII", IS("StringEquals", "k:a", "caf\xc3\xa9"), "k:a=caf\xc3\xa9", YES},
        {"an escape in the document", IS("StringEquals", "k:a", "\\u0078"), "k:a=x", YES},
    };
    rows_run(rows, ARRAY_LEN(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings),   cmocka_unit_test(numbers),
        cmocka_unit_test(dates),     cmocka_unit_test(booleans_and_bytes),
        cmocka_unit_test(addresses), cmocka_unit_test(arns),
        cmocka_unit_test(if_exists), cmocka_unit_test(sets),
        cmocka_unit_test(several),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
