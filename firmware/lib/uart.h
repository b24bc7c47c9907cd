/* Text over the serial port. */
#ifndef SYSTOLE_UART_H
#define SYSTOLE_UART_H

#include <stdarg.h>

#ifdef __cplusplus
extern "C" {
#endif

void uart_putchar(char c);
/* The text and a line feed. */
void uart_puts(const char *text);
/* Knows %d %u %x %c %s %%, with a width, a leading 0 and an l: %5d %08lx. */
void uart_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
void uart_vprintf(const char *format, va_list arguments);

#ifdef __cplusplus
}
#endif

#endif
