/* The one place that knows the version. */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

#define GROUNDSCHOOL_VERSION "0.1.0"

#endif
