/* Paths for processes that run in another directory than we do. */
#ifndef PLANT_PATH_H
#define PLANT_PATH_H

char *path_absolute(const char *path); /* heap; symbolic links are kept */

#endif
