/**
 * CV-X-IF (OpenHW Group Core-V eXtension Interface, version 1.0.0) between a core and an extension unit: issue, register,
 * commit and result interfaces. X_NUM_RS = 2, X_RFR_WIDTH = X_RFW_WIDTH = 32, no dual read or write, no compressed and no
 * memory interface.
 */
import { B, In, Out, Sink, Source, U, bundle, flip } from '../../gen/index.ts';

/** Bits of the instruction identifier. */
export const XIF_ID_BITS = 3;

export const XifIssueRequest = bundle('XifIssueRequest', { instr: U(32), id: U(XIF_ID_BITS) });
/** Operands. Bit i of `rsValid` tells that `rs<i+1>` holds the register's value. */
export const XifRegister = bundle('XifRegister', { id: U(XIF_ID_BITS), rs1: U(32), rs2: U(32), rsValid: U(2) });
/** `kill` discards the instruction, otherwise it is no longer speculative. */
export const XifCommit = bundle('XifCommit', { id: U(XIF_ID_BITS), kill: B });
export const XifResult = bundle('XifResult', { id: U(XIF_ID_BITS), data: U(32), rd: U(5), we: B });

/**
 * Core side. The issue response (`issueAccept`, `issueWriteback`, `issueRegisterRead`) is valid in the cycle of the issue
 * transfer. An instruction that is not accepted is illegal. The register transfer may happen with the issue transfer or
 * later; the commit comes once for every accepted instruction (`commitValid`, no ready), in the issue cycle or later; every
 * accepted instruction that is not killed gets exactly one result.
 */
export const XifCore = {
  issue: Source(XifIssueRequest),
  issueAccept: In(B),
  issueWriteback: In(B),
  /** Bit i: the unit wants rs<i+1>. */
  issueRegisterRead: In(U(2)),
  register: Source(XifRegister),
  commitValid: Out(B),
  commit: Out(XifCommit),
  result: Sink(XifResult),
};
/** Unit side. */
export const XifUnit = flip(XifCore);
