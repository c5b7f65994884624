/* Policy documents for tables of tests/ops: quotes are escaped, since a document is text in JSON.
 */
#ifndef TESTS_OPS_IAM_DOCUMENTS_H
#define TESTS_OPS_IAM_DOCUMENTS_H

#define STATEMENT(effect, action, resource, more)                                                  \
    "{\\'Effect\\':\\'" effect "\\',\\'Action\\':\\'" action "\\',\\'Resource\\':\\'" resource     \
    "\\'" more "}"
#define DOCUMENT(statements)    "'{\\'Version\\':\\'2012-10-17\\',\\'Statement\\':[" statements "]}'"
#define ALLOW(action, resource) DOCUMENT(STATEMENT("Allow", action, resource, ""))
#define DENY(action, resource)  DOCUMENT(STATEMENT("Deny", action, resource, ""))
#define CONDITION(operator, key, value)                                                            \
    ",\\'Condition\\':{\\'" operator"\\':{\\'" key "\\':\\'" value "\\'}}"
/* A trust policy that lets EC2 assume the role. */
#define TRUST                                                                                      \
    "'{\\'Version\\':\\'2012-10-17\\',\\'Statement\\':[{\\'Effect\\':\\'Allow\\',"                 \
    "\\'Principal\\':{\\'Service\\':\\'ec2.amazonaws.com\\'},\\'Action\\':"                        \
    "\\'sts:AssumeRole\\'}]}'"

#define TEN(x) x x x x x x x x x x

#define POLICY_ARN "arn:aws:iam::123456789012:policy"
#define AWS_POLICY "arn:aws:iam::aws:policy"

#endif
