/* What is wrong with a request, in AWS's words; and what is wrong with a reply of ours. */
#include "base/alloc.h"
#include "base/encode.h"
#include "base/text.h"
#include "spec/validate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

struct request {
    const char *service, *operation;
    unsigned protocol;
    const char *input; /* JSON with ' for " */
    const char *code;  /* NULL: all is well */
    const char *text;
};

/* Heap; ' becomes ". */
static json_t *parse(const char *text)
{
    char *copy = xstrdup(text);
    struct err err;
    json_t *value;

    for (char *c = copy; *c != '\0'; c++)
        if (*c == '\'')
            *c = '"';
    value = json_parse(copy, strlen(copy), &err);
    if (value == NULL)
        fail_msg("%s: %s", text, err.text);
    free(copy);
    return value;
}

static void run(const struct request *r)
{
    const struct spec_service *s = spec_service_find(r->service);
    const struct spec_operation *op = spec_operation_find(s, r->operation);
    json_t *input = parse(r->input);
    struct err fault = {.code = ""};
    int result = validate_input(s, op, r->protocol, input, &fault);

    json_decref(input);
    if (r->code == NULL) {
        if (result != 0)
            fail_msg("%s %s: %s", r->operation, r->input, fault.text);
        return;
    }
    if (result == 0)
        fail_msg("%s %s: not refused", r->operation, r->input);
    assert_string_equal(fault.text, r->text);
    assert_string_equal(fault.code, r->code);
}

static void run_all(const struct request *requests, size_t count)
{
    for (size_t i = 0; i < count; i++)
        run(&requests[i]);
}

#define RUN(table) run_all(table, ARRAY_LEN(table))
#define ONE        "1 validation error detected: "
#define TWO        "2 validation errors detected: "
#define FAILED     "failed to satisfy constraint: "
#define ARN        "arn:aws:iam::123456789012:role/learner"
#define ARN_PATTERN                                                                                \
    "[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u0085\\u00A0-\\uD7FF\\uE000-\\uFFFD\\u10000-"          \
    "\\u10FFFF]+"

/* What the model allows passes, whatever the protocol: least and greatest values, absent optional
 * members, null as absence, members the model does not know, operations without members. */
static void valid_input_passes(void **state)
{
    (void)state;
    static const struct request requests[] = {
        {"sts", "GetCallerIdentity", SPEC_QUERY, "{}", NULL, NULL},
        {"iam", "CreateUser", SPEC_QUERY, "{'UserName': 'a'}", NULL, NULL},
        {"iam", "CreateUser", SPEC_QUERY, "{'UserName': 'a', 'Path': '/'}", NULL, NULL},
        {"iam", "CreateUser", SPEC_QUERY, "{'UserName': 'a', 'Path': null}", NULL, NULL},
        {"iam", "CreateUser", SPEC_QUERY, "{'UserName': 'a', 'Tags': []}", NULL, NULL},
        {"sts", "AssumeRole", SPEC_QUERY,
         "{'RoleArn': '" ARN "', 'RoleSessionName': 'ab', 'DurationSeconds': 900}", NULL, NULL},
        {"sts", "AssumeRole", SPEC_QUERY,
         "{'RoleArn': '" ARN "', 'RoleSessionName': 'ab', 'DurationSeconds': 43200}", NULL, NULL},
        {"ssm", "GetParameters", SPEC_JSON, "{'Names': ['a', 'b'], 'Unknown': 1}", NULL, NULL},
        {"cloudwatch", "SetAlarmState", SPEC_CBOR,
         "{'AlarmName': 'a', 'StateValue': 'OK', 'StateReason': ''}", NULL, NULL},
        {"logs", "CreateLogGroup", SPEC_JSON, "{'logGroupName': 'a', 'tags': {'k': ''}}", NULL,
         NULL},
        {"ec2", "DescribeInstances", SPEC_EC2, "{}", NULL, NULL},
        {"ec2", "DescribeVpcs", SPEC_EC2, "{'MaxResults': 5}", NULL, NULL},
        {"ec2", "DescribeVpcs", SPEC_EC2, "{'MaxResults': 1000}", NULL, NULL},
        {"ec2", "RunInstances", SPEC_EC2,
         "{'MinCount': 1, 'MaxCount': 1, 'InstanceType': 'not.judged.here'}", NULL, NULL},
    };
    RUN(requests);
}

/* A required member that is absent or null is told as null at its path. */
static void missing_members(void **state)
{
    (void)state;
    static const struct request requests[] = {
        {"iam", "CreateUser", SPEC_QUERY, "{}", "ValidationError",
         ONE "Value null at 'userName' " FAILED "Member must not be null"},
        {"iam", "CreateUser", SPEC_QUERY, "{'UserName': null}", "ValidationError",
         ONE "Value null at 'userName' " FAILED "Member must not be null"},
        {"sts", "AssumeRole", SPEC_QUERY, "{}", "ValidationError",
         TWO "Value null at 'roleArn' " FAILED "Member must not be null; "
             "Value null at 'roleSessionName' " FAILED "Member must not be null"},
        {"ssm", "GetParameters", SPEC_JSON, "{}", "ValidationException",
         ONE "Value null at 'names' " FAILED "Member must not be null"},
        {"iam", "CreateUser", SPEC_QUERY, "{'UserName': 'a', 'Tags': [{'Key': 'k'}]}",
         "ValidationError",
         ONE "Value null at 'tags.1.member.value' " FAILED "Member must not be null"},
        {"iam", "CreateUser", SPEC_QUERY,
         "{'UserName': 'a', 'Tags': [{'Key': 'k', 'Value': 'v'}, {'Value': 'v'}]}",
         "ValidationError",
         ONE "Value null at 'tags.2.member.key' " FAILED "Member must not be null"},
    };
    RUN(requests);
}

/* The code follows the protocol of the request, not the service: query says ValidationError, all
 * others ValidationException. */
static void code_follows_protocol(void **state)
{
    (void)state;
#define NO_ALARM                                                                                   \
    ONE "Value 'NONE' at 'stateValue' " FAILED                                                     \
        "Member must satisfy enum value set: [INSUFFICIENT_DATA, ALARM, OK]"
#define ALARM_INPUT "{'AlarmName': 'a', 'StateValue': 'NONE', 'StateReason': 'r'}"
    static const struct request requests[] = {
        {"cloudwatch", "SetAlarmState", SPEC_QUERY, ALARM_INPUT, "ValidationError", NO_ALARM},
        {"cloudwatch", "SetAlarmState", SPEC_JSON, ALARM_INPUT, "ValidationException", NO_ALARM},
        {"cloudwatch", "SetAlarmState", SPEC_CBOR, ALARM_INPUT, "ValidationException", NO_ALARM},
        {"ebs", "CompleteSnapshot", SPEC_REST_JSON,
         "{'SnapshotId': 'snap-0', 'ChangedBlocksCount': -1}", "ValidationException",
         ONE "Value '-1' at 'changedBlocksCount' " FAILED
             "Member must have value greater than or equal to 0"},
    };
    RUN(requests);
}

/* Lengths of texts are counted in characters, not bytes; the limits themselves are allowed. */
static void lengths(void **state)
{
    (void)state;
#define TEN     "aaaaaaaaaa"
#define SIXTY   TEN TEN TEN TEN TEN TEN
#define ACCENTS "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
    static const struct request requests[] = {
        {"iam", "CreateUser", SPEC_QUERY, "{'UserName': '" SIXTY "aaaa'}", NULL, NULL},
        {"iam", "CreateUser", SPEC_QUERY, "{'UserName': '" SIXTY "aaaaa'}", "ValidationError",
         ONE "Value '" SIXTY "aaaaa' at 'userName' " FAILED
             "Member must have length less than or equal to 64"},
        {"iam", "CreateUser", SPEC_QUERY,
         "{'UserName': 'a', 'PermissionsBoundary': '" ACCENTS ACCENTS "'}", NULL, NULL},
        {"iam", "CreateUser", SPEC_QUERY, "{'UserName': 'a', 'PermissionsBoundary': '" ACCENTS "'}",
         "ValidationError",
         ONE "Value '" ACCENTS "' at 'permissionsBoundary' " FAILED
             "Member must have length greater than or equal to 20"},
        {"ssm", "GetParametersByPath", SPEC_JSON, "{'Path': ''}", "ValidationException",
         ONE "Value '' at 'path' " FAILED "Member must have length greater than or equal to 1"},
        {"logs", "PutLogEvents", SPEC_JSON,
         "{'logGroupName': 'g', 'logStreamName': 's', 'logEvents': [{'timestamp': 1, 'message': "
         "''}]}",
         "ValidationException",
         ONE "Value '' at 'logEvents.1.member.message' " FAILED
             "Member must have length greater than or equal to 1"},
    };
    RUN(requests);
}

/* Numbers have values, not lengths. */
static void ranges(void **state)
{
    (void)state;
#define ROLE "{'RoleArn': '" ARN "', 'RoleSessionName': 'ab', 'DurationSeconds': "
    static const struct request requests[] = {
        {"sts", "AssumeRole", SPEC_QUERY, ROLE "899}", "ValidationError",
         ONE "Value '899' at 'durationSeconds' " FAILED
             "Member must have value greater than or equal to 900"},
        {"sts", "AssumeRole", SPEC_QUERY, ROLE "43201}", "ValidationError",
         ONE "Value '43201' at 'durationSeconds' " FAILED
             "Member must have value less than or equal to 43200"},
        {"ssm", "GetParametersByPath", SPEC_JSON, "{'Path': '/', 'MaxResults': 11}",
         "ValidationException",
         ONE "Value '11' at 'maxResults' " FAILED
             "Member must have value less than or equal to 10"},
        {"ssm", "GetParametersByPath", SPEC_JSON, "{'Path': '/', 'MaxResults': 0}",
         "ValidationException",
         ONE "Value '0' at 'maxResults' " FAILED
             "Member must have value greater than or equal to 1"},
    };
    RUN(requests);
}

#define ALIAS                                                                                      \
    "The specified value for accountAlias is invalid. It must be a minimum length of 3 "           \
    "characters "                                                                                  \
    "and maximum length of 63 characters, contain only digits, lowercase letters, and hyphens "    \
    "(-), but cannot begin or end with a hyphen."

/* IAM says what a name or a path may hold, of the first that is wrong; whatever else is wrong, it
 * tells in everybody's words. */
static void names_and_paths_of_iam(void **state)
{
    (void)state;
    static const struct request requests[] = {
        {"iam", "CreateUser", SPEC_QUERY, "{'UserName': 'two words'}", "ValidationError",
         "The specified value for userName is invalid. It must contain only alphanumeric "
         "characters "
         "and/or the following: +=,.@_-"},
        {"iam", "CreateUser", SPEC_QUERY, "{'UserName': 'two words', 'Path': 'x'}",
         "ValidationError",
         "The specified value for path is invalid. It must begin and end with / and contain only "
         "alphanumeric characters and/or / characters."},
        {"iam", "CreateAccountAlias", SPEC_QUERY, "{'AccountAlias': 'A-'}", "ValidationError",
         ALIAS},
        {"iam", "CreateAccountAlias", SPEC_QUERY, "{'AccountAlias': 'a--b'}", "ValidationError",
         ALIAS},
        {"iam", "CreateAccountAlias", SPEC_QUERY, "{'AccountAlias': '" SIXTY "aaaa'}",
         "ValidationError", ALIAS},
        {"iam", "CreatePolicy", SPEC_QUERY,
         "{'PolicyName': 'p', 'PolicyDocument': '{\u201cVersion\u201d: 1}'}", "ValidationError",
         "The specified value for policyDocument is invalid. It must contain only printable ASCII "
         "characters."},
        {"iam", "ListPolicies", SPEC_QUERY, "{'PathPrefix': '/foo'}", "ValidationError",
         "The specified value for pathPrefix is invalid. It must begin with the / character and "
         "contain only alphanumeric characters and/or / characters."},
        {"iam", "CreateUser", SPEC_QUERY, "{'UserName': '" SIXTY " aaaa'}", "ValidationError",
         "2 validation errors detected: Value '" SIXTY " aaaa' at 'userName' " FAILED
         "Member must satisfy regular expression pattern: [\\w+=,.@-]+; Value '" SIXTY
         " aaaa' at 'userName' " FAILED "Member must have length less than or equal to 64"},
        {"iam", "DeleteAccessKey", SPEC_QUERY, "{'AccessKeyId': 'AKIA-EXAMPLE-KEY-ID'}",
         "ValidationError",
         ONE "Value 'AKIA-EXAMPLE-KEY-ID' at 'accessKeyId' " FAILED
             "Member must satisfy regular expression pattern: [\\w]+"},
    };
    RUN(requests);
}

/* A pattern must match the whole value, and is shown as the model has it. */
static void patterns(void **state)
{
    (void)state;
    static const struct request requests[] = {
        {"logs", "CreateLogGroup", SPEC_JSON, "{'logGroupName': 'a b'}", "ValidationException",
         ONE "Value 'a b' at 'logGroupName' " FAILED
             "Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+"},
        {"sts", "AssumeRole", SPEC_QUERY,
         "{'RoleArn': '" ARN "', 'RoleSessionName': 'ab', 'TokenCode': '12345x'}",
         "ValidationError",
         ONE "Value '12345x' at 'tokenCode' " FAILED
             "Member must satisfy regular expression pattern: [\\d]*"},
    };
    RUN(requests);
}

/* Several violations are counted and told in the order of the model; of one value the pattern comes
 * before the length. */
static void several_violations(void **state)
{
    (void)state;
    static const struct request requests[] = {
        {"sts", "AssumeRole", SPEC_QUERY, "{'RoleArn': '', 'RoleSessionName': 'ab'}",
         "ValidationError",
         TWO "Value '' at 'roleArn' " FAILED
             "Member must satisfy regular expression pattern: " ARN_PATTERN "; "
             "Value '' at 'roleArn' " FAILED "Member must have length greater than or equal to 20"},
        {"sts", "AssumeRole", SPEC_QUERY, "{'RoleArn': 'arn', 'RoleSessionName': 'a'}",
         "ValidationError",
         TWO "Value 'arn' at 'roleArn' " FAILED
             "Member must have length greater than or equal to 20; "
             "Value 'a' at 'roleSessionName' " FAILED
             "Member must have length greater than or equal to 2"},
        {"iam", "CreateUser", SPEC_QUERY, "{'Tags': [{'Key': '', 'Value': 'v'}]}",
         "ValidationError",
         "3 validation errors detected: Value null at 'userName' " FAILED
         "Member must not be null; Value '' at 'tags.1.member.key' " FAILED
         "Member must satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+; "
         "Value '' at 'tags.1.member.key' " FAILED
         "Member must have length greater than or equal to 1"},
    };
    RUN(requests);
}

/* A list has a length of its own; its plain elements are judged together, with the list as the
 * value and every rule of an element told. */
static void lists(void **state)
{
    (void)state;
    static const struct request requests[] = {
        {"ssm", "GetParameters", SPEC_JSON, "{'Names': []}", "ValidationException",
         ONE "Value '[]' at 'names' " FAILED "Member must have length greater than or equal to 1"},
        {"ssm", "GetParameters", SPEC_JSON,
         "{'Names': ['1','2','3','4','5','6','7','8','9','10','11']}", "ValidationException",
         ONE "Value '[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]' at 'names' " FAILED
             "Member must have length less than or equal to 10"},
        {"ssm", "GetParameters", SPEC_JSON, "{'Names': ['a', '', '']}", "ValidationException",
         ONE "Value '[a, , ]' at 'names' " FAILED
             "Member must satisfy constraint: [Member must have length less than or equal to 2048, "
             "Member must have length greater than or equal to 1]"},
        {"cloudwatch", "DescribeAlarms", SPEC_QUERY, "{'AlarmTypes': ['MetricAlarm', 'x']}",
         "ValidationError",
         ONE "Value '[MetricAlarm, x]' at 'alarmTypes' " FAILED
             "Member must satisfy constraint: [Member must satisfy enum value set: "
             "[CompositeAlarm, MetricAlarm]]"},
        {"sts", "AssumeRole", SPEC_QUERY,
         "{'RoleArn': '" ARN "', 'RoleSessionName': 'ab', 'TransitiveTagKeys': ['!']}",
         "ValidationError",
         ONE "Value '[!]' at 'transitiveTagKeys' " FAILED
             "Member must satisfy constraint: [Member must have length less than or equal to 128, "
             "Member must have length greater than or equal to 1, Member must satisfy regular "
             "expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+]"},
        {"logs", "PutLogEvents", SPEC_JSON,
         "{'logGroupName': 'g', 'logStreamName': 's', 'logEvents': []}", "ValidationException",
         ONE "Value '[]' at 'logEvents' " FAILED
             "Member must have length greater than or equal to 1"},
    };
    RUN(requests);
}

/* A map's keys and its plain values are judged like a list's elements, with the map as the value.
 */
static void maps(void **state)
{
    (void)state;
#define TAG_RULES "[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]"
    static const struct request requests[] = {
        {"logs", "CreateLogGroup", SPEC_JSON, "{'logGroupName': 'g', 'tags': {}}",
         "ValidationException",
         ONE "Value '{}' at 'tags' " FAILED "Member must have length greater than or equal to 1"},
        {"logs", "CreateLogGroup", SPEC_JSON, "{'logGroupName': 'g', 'tags': {'a': 'b', 'c': '!'}}",
         "ValidationException",
         ONE "Value '{a=b, c=!}' at 'tags' " FAILED
             "Map value must satisfy constraint: [Member must have length less than or equal to "
             "256, Member must satisfy regular expression pattern: ^(" TAG_RULES "*)$]"},
        {"logs", "CreateLogGroup", SPEC_JSON, "{'logGroupName': 'g', 'tags': {'!': 'b'}}",
         "ValidationException",
         ONE
         "Value '{!=b}' at 'tags' " FAILED
         "Map keys must satisfy constraint: [Member must have length less than or equal to 128, "
         "Member must have length greater than or equal to 1, "
         "Member must satisfy regular expression pattern: ^(" TAG_RULES "+)$]"},
    };
    RUN(requests);
}

/* A union takes exactly one of its members. */
static void unions(void **state)
{
    (void)state;
    static const struct request requests[] = {
        {"acm", "SearchCertificates", SPEC_JSON,
         "{'FilterStatement': {'Filter': {'CertificateArn': "
         "'arn:aws:acm:us-east-1:123456789012:certificate/0'}}}",
         NULL, NULL},
        {"acm", "SearchCertificates", SPEC_JSON, "{'FilterStatement': {}}", "ValidationException",
         ONE "Value at 'filterStatement' " FAILED
             "Member must have exactly one of its members set"},
        {"acm", "SearchCertificates", SPEC_JSON,
         "{'FilterStatement': {'Not': {'Filter': {}}, 'Filter': {}, 'And': null}}",
         "ValidationException",
         "3 validation errors detected: "
         "Value at 'filterStatement.not.filter' " FAILED
         "Member must have exactly one of its members set; "
         "Value at 'filterStatement.filter' " FAILED
         "Member must have exactly one of its members set; "
         "Value at 'filterStatement' " FAILED "Member must have exactly one of its members set"},
    };
    RUN(requests);
}

/* A sensitive value is never shown. */
static void sensitive_values_are_hidden(void **state)
{
    (void)state;
    static const struct request requests[] = {
        {"iam", "ChangePassword", SPEC_QUERY, "{'OldPassword': '', 'NewPassword': 'x'}",
         "ValidationError",
         TWO "Value at 'oldPassword' " FAILED "Member must satisfy regular expression pattern: "
             "[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+; "
             "Value at 'oldPassword' " FAILED "Member must have length greater than or equal to 1"},
        {"ssm", "PutParameter", SPEC_JSON, "{'Name': 'n', 'Value': 7}", "ValidationException",
         ONE "Value at 'value' " FAILED "Member must be of type string"},
    };
    RUN(requests);
}

/* EC2 names the missing parameters in the request's own spelling, dotted where they are nested. */
static void ec2_missing(void **state)
{
    (void)state;
    static const struct request requests[] = {
        {"ec2", "CreateKeyPair", SPEC_EC2, "{}", "MissingParameter",
         "The request must contain the parameter KeyName"},
        {"ec2", "DescribeInstanceAttribute", SPEC_EC2, "{'InstanceId': 'i-0'}", "MissingParameter",
         "The request must contain the parameter Attribute"},
        {"ec2", "RunInstances", SPEC_EC2, "{}", "MissingParameter",
         "The request must contain the parameters MaxCount, MinCount"},
        {"ec2", "CreateTags", SPEC_EC2, "{'Resources': ['i-0']}", "MissingParameter",
         "The request must contain the parameter Tag"},
        {"ec2", "RunInstances", SPEC_EC2, "{'MinCount': 1, 'MaxCount': 1, 'Monitoring': {}}",
         "MissingParameter", "The request must contain the parameter Monitoring.Enabled"},
        {"ec2", "RunInstances", SPEC_EC2,
         "{'MinCount': 1, 'MaxCount': 1, 'ElasticInferenceAccelerators': [{}]}", "MissingParameter",
         "The request must contain the parameter ElasticInferenceAccelerator.1.Type"},
        {"ec2", "CreateKeyPair", SPEC_EC2, "{'KeyType': 'dsa'}", "MissingParameter",
         "The request must contain the parameter KeyName"},
    };
    RUN(requests);
}

/* EC2 tells the first value outside its enumeration; some enumerations have words of their own. */
static void ec2_enumerations(void **state)
{
    (void)state;
#define RUN_ONE "{'MinCount': 1, 'MaxCount': 1, "
    static const struct request requests[] = {
        {"ec2", "RunInstances", SPEC_EC2, RUN_ONE "'InstanceInitiatedShutdownBehavior': 'sleep'}",
         "InvalidParameterValue",
         "Value (sleep) for parameter instanceInitiatedShutdownBehavior is invalid."},
        {"ec2", "RunInstances", SPEC_EC2, RUN_ONE "'Placement': {'Tenancy': 'mine'}}",
         "InvalidParameterValue", "Value (mine) for parameter placement.tenancy is invalid."},
        {"ec2", "RunInstances", SPEC_EC2, RUN_ONE "'MetadataOptions': {'HttpTokens': 'x'}}",
         "InvalidParameterValue", "Value (x) for parameter metadataOptions.httpTokens is invalid."},
        {"ec2", "CreateKeyPair", SPEC_EC2, "{'KeyName': 'k', 'KeyType': 'dsa', 'KeyFormat': 'x'}",
         "InvalidParameterValue", "Value (dsa) for parameter keyType is invalid."},
        {"ec2", "CreateKeyPair", SPEC_EC2, "{'KeyName': 'k', 'KeyType': ''}",
         "InvalidParameterValue",
         "Value () for parameter keyType is invalid. The value cannot be empty"},
        {"ec2", "CreateKeyPair", SPEC_EC2,
         "{'KeyName': 'k', 'TagSpecifications': [{'ResourceType': 'lamp'}]}",
         "InvalidParameterValue",
         "'lamp' is not a valid taggable resource type for this operation."},
        {"ec2", "CreateVolume", SPEC_EC2, "{'VolumeType': 'gp9'}", "UnknownVolumeType",
         "Unsupported volume type 'gp9' for volume creation."},
        {"ec2", "DescribeAccountAttributes", SPEC_EC2,
         "{'AttributeNames': ['default-vpc', 'supported-lamps']}", "InvalidParameterValue",
         "Value (supported-lamps) for parameter attributeName.2 is invalid."},
    };
    RUN(requests);
}

/* EC2 tells which bound a number breaks, and sets the number off with blanks. */
static void ec2_ranges(void **state)
{
    (void)state;
    static const struct request requests[] = {
        {"ec2", "DescribeVpcs", SPEC_EC2, "{'MaxResults': 4}", "InvalidParameterValue",
         "Value ( 4 ) for parameter maxResults is invalid. "
         "Expecting a value greater than or equal to 5."},
        {"ec2", "DescribeVpcs", SPEC_EC2, "{'MaxResults': 1001}", "InvalidParameterValue",
         "Value ( 1001 ) for parameter maxResults is invalid. "
         "Expecting a value smaller than or equal to 1000."},
        {"ec2", "DescribeInstanceTypes", SPEC_EC2, "{'MaxResults': 101}", "InvalidParameterValue",
         "Value ( 101 ) for parameter maxResults is invalid. "
         "Expecting a value smaller than or equal to 100."},
    };
    RUN(requests);
}

/* EC2 too shows no sensitive value. */
static void ec2_sensitive(void **state)
{
    (void)state;
    static const struct request requests[] = {
        {"ec2", "RunInstances", SPEC_EC2, RUN_ONE "'UserData': 7}", "InvalidParameterValue",
         "The value for parameter userData is invalid."},
    };
    RUN(requests);
}

/* A text too long for a fault is cut between characters, so that it stays UTF-8, wherever the cut
 * falls. */
static void long_texts_stay_utf8(void **state)
{
    (void)state;
    static const unsigned char smile[4] = {0xf0, 0x9f, 0x98, 0x80};
    const struct spec_service *iam = spec_service_find("iam");
    const struct spec_operation *op = spec_operation_find(iam, "CreateUser");

    for (size_t i = 0; i < 4; i++) {
        char name[4096] = "";
        struct err fault;
        memset(name, 'a', i);
        for (size_t at = i; at + 8 < sizeof(name); at += 4)
            memcpy(name + at, smile, sizeof(smile));
        json_t *input = json_pack("{ss}", "UserName", name);
        assert_int_equal(validate_input(iam, op, SPEC_QUERY, input, &fault), -1);
        assert_true(utf8_valid(fault.text, strlen(fault.text)));
        assert_true(strlen(fault.text) >= sizeof(fault.text) - 4);
        json_decref(input);
    }
}

/* ---- replies ---- */

struct reply {
    const char *service, *operation;
    const char *output;
    const char *text; /* NULL: all is well */
};

/* A reply of ours has only members of the model, of its types, none null, enumerations kept,
 * required ones there; the text names the place. */
static void replies(void **state)
{
    (void)state;
    static const struct reply cases[] = {
        {"ec2", "DescribeInstances", "{}", NULL},
        {"ec2", "DescribeInstances", "{'Reservations': []}", NULL},
        {"ec2", "DescribeInstances",
         "{'Reservations': [{'Instances': [{'InstanceId': 'i-0', 'LaunchTime': 1767225600000, "
         "'State': {'Code': 16, 'Name': 'running'}, 'InstanceType': 'any.type'}]}]}",
         NULL},
        {"ec2", "DescribeInstances",
         "{'Reservations': [{}, {'Instances': [{'State': {'Name': 'flying'}}]}]}",
         "Reservations[1].Instances[0].State.Name: not in its enumeration"},
        {"ec2", "DescribeInstances", "{'Reservations': [{'Owner': 'me'}]}",
         "Reservations[0].Owner: no member of this name in the model"},
        {"ec2", "DescribeInstances", "{'Reservations': {}}",
         "Reservations: not of the model's type"},
        {"ec2", "DescribeInstances", "{'NextToken': null}",
         "NextToken: null: leave an absent member out"},
        {"ec2", "DescribeInstances",
         "{'Reservations': [{'Instances': [{'LaunchTime': '2026-01-01T00:00:00Z'}]}]}",
         "Reservations[0].Instances[0].LaunchTime: not of the model's type"},
        {"ec2", "DescribeInstances",
         "{'Reservations': [{'Instances': [{'AmiLaunchIndex': 2147483648}]}]}",
         "Reservations[0].Instances[0].AmiLaunchIndex: not of the model's type"},
        {"iam", "CreateUser", "{'User': {'Path': '/', 'UserName': 'a', 'UserId': 'b', 'Arn': 'c'}}",
         "User.CreateDate: missing, but required"},
        {"cloudwatch", "GetMetricStatistics", "{'Datapoints': [{'Average': 0.5, 'Sum': 1}]}", NULL},
        {"cloudwatch", "GetMetricStatistics", "{'Datapoints': [{'Average': 'NaN'}]}", NULL},
        {"cloudwatch", "GetMetricStatistics", "{'Datapoints': [{'Average': 'many'}]}",
         "Datapoints[0].Average: not of the model's type"},
        {"logs", "ListTagsForResource", "{'tags': {'a': 'b'}}", NULL},
        {"logs", "ListTagsForResource", "{'tags': {'a': 1}}", "tags.a: not of the model's type"},
        {"ec2", "RebootInstances", "{}", NULL},
        {"ec2", "RebootInstances", "{'Return': true}", "(output): the operation has no output"},
        {"ec2", "DescribeInstances", "[]", "(output): not of the model's type"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct spec_operation *op =
            spec_operation_find(spec_service_find(cases[i].service), cases[i].operation);
        json_t *output = parse(cases[i].output);
        struct err err = {.text = ""};
        int result = validate_output(op->output, output, &err);
        json_decref(output);
        assert_string_equal(err.text, cases[i].text == NULL ? "" : cases[i].text);
        assert_int_equal(result, cases[i].text == NULL ? 0 : -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valid_input_passes),
        cmocka_unit_test(missing_members),
        cmocka_unit_test(code_follows_protocol),
        cmocka_unit_test(lengths),
        cmocka_unit_test(ranges),
        cmocka_unit_test(patterns),
        cmocka_unit_test(names_and_paths_of_iam),
        cmocka_unit_test(several_violations),
        cmocka_unit_test(lists),
        cmocka_unit_test(maps),
        cmocka_unit_test(unions),
        cmocka_unit_test(sensitive_values_are_hidden),
        cmocka_unit_test(ec2_missing),
        cmocka_unit_test(ec2_enumerations),
        cmocka_unit_test(ec2_ranges),
        cmocka_unit_test(ec2_sensitive),
        cmocka_unit_test(long_texts_stay_utf8),
        cmocka_unit_test(replies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
