/* Tells the RISC-V architecture tests how a Systole chip starts, ends and marks its signature. */
#ifndef SYSTOLE_ARCH_TEST_MODEL_H
#define SYSTOLE_ARCH_TEST_MODEL_H

#define RVMODEL_BOOT

/* 1 in tohost: ended well. Whether it computed well is told by the signature. */
#define RVMODEL_HALT \
  li t0, 1;          \
  la t1, tohost;     \
  sw t0, 0(t1);      \
  fence;             \
  j .;

#define RVMODEL_DATA_BEGIN              \
  .pushsection .tohost, "aw", @progbits; \
  .balign 64;                           \
  .globl tohost;                        \
  tohost: .dword 0;                     \
  .popsection;                          \
  .balign 16;                           \
  .globl begin_signature;               \
  begin_signature:

#define RVMODEL_DATA_END  \
  .balign 16;             \
  .globl end_signature;   \
  end_signature:

/* No input, no output, no assertions: what is compared is the signature. */
#define RVMODEL_IO_INIT
#define RVMODEL_IO_WRITE_STR(register, text)
#define RVMODEL_IO_CHECK()
#define RVMODEL_IO_ASSERT_GPR_EQ(scratch, register, value)
#define RVMODEL_IO_ASSERT_SFPR_EQ(scratch, register, value)
#define RVMODEL_IO_ASSERT_DFPR_EQ(scratch, register, value)

#define CLINT 0x02000000

#define RVMODEL_SET_MSW_INT \
  li t1, 1;                 \
  li t2, CLINT;             \
  sw t1, 0(t2);

#define RVMODEL_CLEAR_MSW_INT \
  li t2, CLINT;               \
  sw zero, 0(t2);

/* The time for which it is set never comes. */
#define RVMODEL_CLEAR_MTIMER_INT \
  li t1, -1;                     \
  li t2, CLINT + 0x4000;         \
  sw t1, 0(t2);                  \
  sw t1, 4(t2);

/* The line is a host's; no test raises it. */
#define RVMODEL_CLEAR_MEXT_INT

#endif
