#ifndef DETECT_RESIDENT_H
#define DETECT_RESIDENT_H

/*
 * Gives back the memory of the library's code and constants that is not used at the moment.
 * It is called when an instance was opened: the start uses much that is never used again,
 * and the kernel maps more around it. What is used again comes from the page cache.
 */
void detect_resident_trim(void);

#endif
