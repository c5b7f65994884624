/* Which host names are AWS's endpoints here. */
#include "base/text.h"
#include "services/endpoint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A service this emulator knows, alone or in a region that exists, is an endpoint, whatever the
 * case. */
static void knows_endpoints(void **state)
{
    static const char *const hosts[] = {
        "ec2.us-east-1.amazonaws.com",
        "sts.amazonaws.com",
        "iam.amazonaws.com",
        "EC2.EU-West-1.AmazonAWS.com",
        "monitoring.ap-northeast-2.amazonaws.com",
        "elasticloadbalancing.us-west-2.amazonaws.com",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
        if (!endpoint_is(hosts[i]))
            fail_msg("%s is an endpoint", hosts[i]);
}

/* Other services, other regions, other domains, and the public names of instances are not. */
static void leaves_others_alone(void **state)
{
    static const char *const hosts[] = {
        "s3.us-east-1.amazonaws.com",
        "ec2.mars-east-1.amazonaws.com",
        "ec2-127-43-1-2.compute-1.amazonaws.com",
        "ec2-127-43-1-2.ap-northeast-2.compute.amazonaws.com",
        "ec2.us-east-1.amazonaws.com.example.org",
        "ec2.us-east-1.notamazonaws.com",
        "amazonaws.com",
        ".amazonaws.com",
        "ec2x.amazonaws.com",
        "",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
        if (endpoint_is(hosts[i]))
            fail_msg("%s is no endpoint", hosts[i]);
}

/* A certificate's names cover every region, and services with a dot in theirs. */
static void certificates_cover_them(void **state)
{
    char *hosts = endpoint_hosts();

    (void)state;
    assert_non_null(strstr(hosts, "*.amazonaws.com "));
    assert_non_null(strstr(hosts, "*.us-east-1.amazonaws.com "));
    assert_non_null(strstr(hosts, "*.ap-northeast-2.amazonaws.com "));
    assert_non_null(strstr(hosts, "api.pricing.us-east-1.amazonaws.com "));
    free(hosts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_endpoints),
        cmocka_unit_test(leaves_others_alone),
        cmocka_unit_test(certificates_cover_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
