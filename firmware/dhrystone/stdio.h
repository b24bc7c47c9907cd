/* What Dhrystone takes from the C library's input and output; see port.c. */
#ifndef SYSTOLE_DHRYSTONE_STDIO_H
#define SYSTOLE_DHRYSTONE_STDIO_H

int printf(const char *format, ...);
int scanf(const char *format, ...);

#endif
