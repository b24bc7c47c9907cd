/* Text over the serial port. */
#ifndef SYSTOLE_UART_H
#define SYSTOLE_UART_H

void uart_putchar(char c);
/* The text and a line feed. */
void uart_puts(const char *text);
/* Knows %d %u %x %c %s %%, with a width and a leading 0: %5d %08x. */
void uart_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
