/**
 * CV-X-IF (OpenHW Group Core-V eXtension Interface, version 1.0.0) between a core and an extension unit: issue, register, commit
 * and result interfaces, under the names that the standard gives to the signals. What is fixed and what is a parameter, the
 * rules and how they are checked: docs/cv-x-if.md.
 */
import type { Bool } from '../../gen/index.ts';
import { B, In, Out, U, bundle, flip, vec } from '../../gen/index.ts';

/** What the standard leaves to a system, as far as we do not fix it. Both sides of an interface must have the same. */
export interface XifParams {
  /** X_ID_WIDTH, at least 3. */
  readonly idBits: number;
  /** X_HARTID_WIDTH, at least 1. */
  readonly hartIdBits: number;
  /** X_ISSUE_REGISTER_SPLIT: operands come after the issue transaction, not with it. */
  readonly split: boolean;
}

export const XIF_DEFAULTS: XifParams = { idBits: 3, hartIdBits: 1, split: false };

/** X_NUM_RS: operands that the core can send. */
export const XIF_OPERANDS = 2;

const issueRequest = (p: XifParams) => bundle('XifIssueRequest', { instr: U(32), hartid: U(p.hartIdBits), id: U(p.idBits) });
const issueResponse = bundle('XifIssueResponse', {
  accept: B, writeback: B,
  /** Bit i: the unit reads rs<i+1>. */
  register_read: U(XIF_OPERANDS),
});

/** Core side. */
export const xifCore = (p: XifParams) => ({
  /** `resp` holds in the cycle of the transfer. What is not accepted is illegal. The core may withdraw a request. */
  issue: { valid: Out(B), ready: In(B), req: Out(issueRequest(p)), resp: In(issueResponse) },
  /** Not split: with the issue transfer, in the same cycle. Split: once for every accepted instruction, in a later cycle. */
  register: {
    valid: Out(B), ready: In(B), hartid: Out(U(p.hartIdBits)), id: Out(U(p.idBits)),
    rs: Out(vec(U(32), XIF_OPERANDS)),
    /** Bit i: `rs` element i holds the register's value. */
    rs_valid: Out(U(XIF_OPERANDS)),
  },
  /** For every issued instruction, rejected ones too: it and all before it will not be discarded, or (kill) it and all after it are. */
  commit: { valid: Out(B), hartid: Out(U(p.hartIdBits)), id: Out(U(p.idBits)), commit_kill: Out(B) },
  /** Once for every instruction that was accepted and committed, in any order. Stays until it is taken. */
  result: {
    valid: In(B), ready: Out(B), hartid: In(U(p.hartIdBits)), id: In(U(p.idBits)), data: In(U(32)), rd: In(U(5)), we: In(B),
  },
});
/** Unit side. */
export const xifUnit = (p: XifParams) => flip(xifCore(p));
/** Every signal as an input, for those who only look. */
export const xifWatch = (p: XifParams) => {
  const { issue, register, commit, result } = xifCore(p);
  return {
    issue: { ...flip({ valid: issue.valid, req: issue.req }), ready: issue.ready, resp: issue.resp },
    register: { ...flip({ ...register, ready: Out(B) }), ready: register.ready },
    commit: flip(commit),
    result: { ...result, ready: In(B) },
  };
};

/** A transfer happens in this cycle. */
export const fires = ({ valid, ready }: { readonly valid: Bool; readonly ready: Bool }): Bool => valid.and(ready);
