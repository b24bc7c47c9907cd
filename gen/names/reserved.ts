/** Words that no printed name may be, because a standard or a tool keeps them for itself. Tables only; must not know who gives names. */

/** IEEE 1800-2017 and -2023, annex B: the two lists are equal. */
const STANDARD = `accept_on alias always always_comb always_ff always_latch and assert assign assume automatic before begin bind bins binsof bit
break buf bufif0 bufif1 byte case casex casez cell chandle checker class clocking cmos config const constraint context continue cover
covergroup coverpoint cross deassign default defparam design disable dist do edge else end endcase endchecker endclass endclocking
endconfig endfunction endgenerate endgroup endinterface endmodule endpackage endprimitive endprogram endproperty endspecify
endsequence endtable endtask enum event eventually expect export extends extern final first_match for force foreach forever fork
forkjoin function generate genvar global highz0 highz1 if iff ifnone ignore_bins illegal_bins implements implies import incdir
include initial inout input inside instance int integer interconnect interface intersect join join_any join_none large let liblist
library local localparam logic longint macromodule matches medium modport module nand negedge nettype new nexttime nmos nor
noshowcancelled not notif0 notif1 null or output package packed parameter pmos posedge primitive priority program property
protected pull0 pull1 pulldown pullup pulsestyle_ondetect pulsestyle_onevent pure rand randc randcase randsequence rcmos real
realtime ref reg reject_on release repeat restrict return rnmos rpmos rtran rtranif0 rtranif1 s_always s_eventually s_nexttime
s_until s_until_with scalared sequence shortint shortreal showcancelled signed small soft solve specify specparam static string
strong strong0 strong1 struct super supply0 supply1 sync_accept_on sync_reject_on table tagged task this throughout time
timeprecision timeunit tran tranif0 tranif1 tri tri0 tri1 triand trior trireg type typedef union unique unique0 unsigned until
until_with untyped use uwire var vectored virtual void wait wait_order wand weak weak0 weak1 while wildcard wire with within wor
xnor xor`;

/** Words beyond the standard's that a tool does not take as the name of a module, a signal or an instance. Yosys 0.23 has none. */
const TOOLS = [
  'mailbox', 'process', 'semaphore', // Verilator 5.006: the classes of the standard's package `std`
  'bool', 'wone', 'wreal', // Icarus 11: types of its own
];

/** The implicit ports, and the wire that gathers what nothing reads. */
const OURS = ['clk', 'rst', 'unused'];

const RESERVED: ReadonlySet<string> = new Set([...STANDARD.split(/\s+/), ...TOOLS, ...OURS]);

/** Whether no module, signal, instance, member or label may have this name in the text. */
export function isReserved(name: string): boolean {
  return RESERVED.has(name);
}

/**
 * Words of C++ and SystemC in Verilator 5: it warns where a port of the top module or a field of a packed struct has such a name,
 * because it is called otherwise in the classes that it makes. Other names may be such words.
 */
const CPP: ReadonlySet<string> = new Set(`abort alignas alignof and_eq asm atomic_cancel atomic_commit atomic_noexcept auto
bit_vector bitand bitor bool catch cdecl char char16_t char32_t compl complex concept const_cast const_iterator constexpr
decltype delete deque double dynamic_cast explicit false far float friend goto huge inline interrupt iterator list long map
mutable namespace near noexcept not_eq nullptr operator or_eq override pascal private public queue reference register requires
sc_clock sc_in sc_inout sc_out sc_signal sensitive sensitive_neg sensitive_pos set short sizeof stack static_assert static_cast
switch synchronized template thread_local throw transaction_safe transaction_safe_dynamic true try type_info typeid typename
uint16_t uint32_t uint8_t using vector volatile wchar_t xor_eq`.split(/\s+/));

/** Whether Verilator warns of a port of the top module, or of a field, with this name. */
export function isCppWord(name: string): boolean {
  return CPP.has(name);
}
