# Timer interrupts, at several distances from the program's own steps. It leaves marks: the time for which the timer is set; for each
# store of the interrupted code 0; 1 as the handler's first instruction; 2 as the last before its mret. Times are large numbers.

        .equ    MTIMECMP, 0x02004000
        .equ    MTIME, 0x0200bff8
        .equ    DISTANCE, 96            # large enough for the way to the interrupted code, small enough to end inside it
        .equ    STORES, 192
        .equ    PHASES, 4
        .equ    TIMER_INTERRUPT, 1 << 7
        .equ    MIE, 8

        .text
        .globl  main
main:   la      t0, handler
        csrw    mtvec, t0
        la      s0, mark
        li      s1, MTIMECMP
        li      s2, MTIME
        li      s3, -1
        li      s4, 1
        li      s5, 2
        li      s6, 0                   # phase
        sw      s3, 0(s1)
        sw      zero, 4(s1)
        li      t0, TIMER_INTERRUPT
        csrw    mie, t0
        csrsi   mstatus, MIE
1:      li      s7, 0                   # interrupts seen
        lw      t0, 0(s2)
        addi    t0, t0, DISTANCE
        add     t0, t0, s6
        sw      t0, 0(s0)
        sw      t0, 0(s1)
        .rept   STORES
        sw      zero, 0(s0)
        .endr
        li      a0, 1
        bne     s7, s4, 2f              # exactly one interrupt, inside the stores
        addi    s6, s6, 1
        li      t0, PHASES
        blt     s6, t0, 1b
        li      a0, 0
2:      j       exit

        .align  6
handler:
        sw      s4, 0(s0)
        sw      s3, 0(s1)
        addi    s7, s7, 1
        sw      s5, 0(s0)
        mret

        .data
        .align  2
        .globl  mark
mark:   .word   0
