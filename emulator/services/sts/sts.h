/* What other services may use of STS. */
#ifndef SERVICES_STS_STS_H
#define SERVICES_STS_STS_H

#include "services/sts/session.h"

#endif
