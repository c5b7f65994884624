/* Two images in a folder of their own, for tests that launch instances. */
#ifndef TESTS_OPS_IMAGES_H
#define TESTS_OPS_IMAGES_H

#define OPS_AMI     "ami-0aaaaaaaaaaaaaaaa" /* x86_64 */
#define OPS_AMI_ARM "ami-0bbbbbbbbbbbbbbbb"

void ops_images_make(void);  /* and public addresses; before ops_run */
int ops_images_remove(void); /* 0, or 1 when something is left */

#endif
