/* Names in the generated C. */
#ifndef GENERATE_NAMES_H
#define GENERATE_NAMES_H

#include <stdio.h>

char *name_identifier(const char *service); /* "ec2-instance-connect" -> "ec2_instance_connect" */
/* "GetParametersByPath" -> "get_parameters_by_path", "ListMFADevices" -> "list_mfa_devices",
 * "ListARNs" -> "list_arns", "GetEC2Recommendation" -> "get_ec2_recommendation". */
char *name_snake(const char *camel);

/* Writes a C string literal, or NULL. */
void name_literal(FILE *out, const char *value);

#endif
