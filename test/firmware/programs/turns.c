/*
 * Two tasks use the tensor unit by turns, and a timer comes in between at every phase. The tasks change places between any two of
 * their instructions, also between a prefix and its command; the handler of the timer fences, polls, reads counters and state, and loads a
 * row of its own. Both tasks check every sum and every status: one of them gives a command out of range in every round.
 */
#include <systole.h>
#include "uart.h"

#define ROUNDS 6
#define ROWS 5
#define LARGEST 16

typedef struct {
  uint32_t sp;
  tn_context_t tensor;
} task_t;

static task_t tasks[2];
static uint32_t running;
static uint32_t stack[256] __attribute__((aligned(16)));
static uint32_t state = 12345;
static volatile uint32_t interrupts, wrong, ended[2];

static uint32_t random32(void)
{
  state = state * 1664525u + 1013904223u;
  return state >> 8;
}

static int8_t handlers[LARGEST] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };
static uint32_t spare, has_windows;

static void next_timer(void)
{
  SYSTOLE_REGISTER(SYSTOLE_MTIMECMP_LO) = SYSTOLE_REGISTER(SYSTOLE_MTIME_LO) + 20 + random32() % 300;
  SYSTOLE_REGISTER(SYSTOLE_MTIMECMP_HI) = 0;
}

__attribute__((interrupt, aligned(4))) static void on_timer(void)
{
  interrupts += 1;
  uint32_t what = random32();
  if (what & 1) tn_fence();
  if (what & 2) tn_poll();
  if (what & 4) tn_count(what % 16);
  if (what & 8) tn_state(what % 8);
  if (what & 16) tn_info(1);
  if (what & 32) {
    tn_context_t context = tn_save();
    tn_arg(3, 2, 0);
    if (has_windows && (what & 128)) tn_win(7, 3, 1, 1, -2, -1, 2, 5);
    tn_ld(handlers, spare, 1);
    if (what & 64) tn_arg(1, 1, 0);
    tn_restore(context);
  }
  next_timer();
}

/* Saves what the caller must find again on its stack and goes on where the other task was. */
void switch_stacks(uint32_t *from, uint32_t to);
__asm__(
  ".text\n.globl switch_stacks\nswitch_stacks:\n"
  "addi sp, sp, -64\n"
  "sw ra, 0(sp)\nsw s0, 4(sp)\nsw s1, 8(sp)\nsw s2, 12(sp)\nsw s3, 16(sp)\nsw s4, 20(sp)\nsw s5, 24(sp)\n"
  "sw s6, 28(sp)\nsw s7, 32(sp)\nsw s8, 36(sp)\nsw s9, 40(sp)\nsw s10, 44(sp)\nsw s11, 48(sp)\n"
  "sw sp, 0(a0)\nmv sp, a1\n"
  "lw ra, 0(sp)\nlw s0, 4(sp)\nlw s1, 8(sp)\nlw s2, 12(sp)\nlw s3, 16(sp)\nlw s4, 20(sp)\nlw s5, 24(sp)\n"
  "lw s6, 28(sp)\nlw s7, 32(sp)\nlw s8, 36(sp)\nlw s9, 40(sp)\nlw s10, 44(sp)\nlw s11, 48(sp)\n"
  "addi sp, sp, 64\nret\n");

static void turn(void)
{
  if (random32() % 3 == 0 || ended[1 - running]) return;
  task_t *me = &tasks[running];
  me->tensor = tn_save();
  running = 1 - running;
  /* The other's pending prefixes, or none: a command that the unit refuses would be counted, so one that does nothing takes ours away. */
  tn_ld(handlers, spare, 1);
  tn_restore(tasks[running].tensor);
  switch_stacks(&me->sp, tasks[running].sp);
}

static int8_t a[2][ROWS * LARGEST], w[2][LARGEST * LARGEST];
static int32_t sums[2][ROWS * LARGEST];

/* One product of a task in its own rows of every memory. */
static void product(uint32_t id, uint32_t k, uint32_t columns, uint32_t makes_error)
{
  uint32_t base = id * (ROWS + LARGEST);
  for (uint32_t i = 0; i < ROWS * k; i++) a[id][i] = (int8_t)random32();
  for (uint32_t i = 0; i < columns * k; i++) w[id][i] = (int8_t)random32();
  uint32_t before = tn_fence();
  tn_arg(k, k, 0);
  turn();
  tn_ld(a[id], base, ROWS);
  turn();
  tn_arg(k, k, 0);
  turn();
  tn_ld(w[id], base + ROWS, columns);
  turn();
  if (makes_error) tn_ld(a[id], 65535, 2);
  turn();
  /* A window of one column that takes every row in order: what it is without. */
  if (has_windows) tn_win(ROWS, 1, 0, 0, 0, 0, 1, 0);
  turn();
  tn_mm(base, base + ROWS, id * ROWS, ROWS, columns - 1, 0);
  turn();
  tn_mm(base, base + ROWS, id * ROWS, ROWS, columns - 1, 1);
  turn();
  tn_arg(4 * columns, 4 * columns, 0);
  turn();
  tn_sta(sums[id], id * ROWS, ROWS);
  turn();
  uint32_t errors = tn_errors(before, tn_fence());
  /* An error of one is an error to all who look: what must not be is that somebody misses his own. */
  if ((makes_error && errors != TN_REFUSED) || (errors & ~TN_REFUSED) != 0) wrong += 1;
  for (uint32_t row = 0; row < ROWS; row++) {
    for (uint32_t n = 0; n < columns; n++) {
      int32_t sum = 0;
      for (uint32_t i = 0; i < k; i++) sum += a[id][row * k + i] * w[id][n * k + i];
      if (sums[id][row * columns + n] != 2 * sum) wrong += 1;
    }
  }
}

static void task(uint32_t id)
{
  uint32_t lanes = tn_info(TN_INFO_ROWS), most = tn_info(TN_INFO_COLUMNS);
  if (lanes > LARGEST) lanes = LARGEST;
  if (most > LARGEST) most = LARGEST;
  for (uint32_t round = 0; round < ROUNDS; round++) {
    product(id, 1 + (random32() % lanes), 1 + (random32() % most), id == 1);
    turn();
  }
  ended[id] = 1;
}

static void second(void)
{
  task(1);
  for (;;) {
    /* The first one goes on alone and does not come back. */
    task_t *me = &tasks[1];
    running = 0;
    tn_ld(handlers, spare, 1);
    tn_restore(tasks[0].tensor);
    switch_stacks(&me->sp, tasks[0].sp);
  }
}

int main(void)
{
  spare = 2 * (ROWS + LARGEST);
  has_windows = (tn_info(TN_INFO_FEATURES) & TN_FEATURE_CONVOLUTION) != 0;
  uint32_t *top = stack + sizeof stack / sizeof *stack - 16;
  top[0] = (uint32_t)(uintptr_t)second;
  tasks[1].sp = (uint32_t)(uintptr_t)top;
  __asm__ volatile("csrw mtvec, %0" : : "r"(on_timer));
  next_timer();
  __asm__ volatile("csrs mie, %0\n\tcsrsi mstatus, 8" : : "r"(128));
  task(0);
  while (!ended[1]) {
    running = 1;
    tn_ld(handlers, spare, 1);
    tn_restore(tasks[1].tensor);
    switch_stacks(&tasks[0].sp, tasks[1].sp);
  }
  __asm__ volatile("csrci mstatus, 8");
  uart_printf("%u interrupts, %u wrong\n", (unsigned)interrupts, (unsigned)wrong);
  return wrong == 0 && interrupts > 50 ? 0 : 1;
}
