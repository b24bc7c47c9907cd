/**
 * OBI (Open Bus Interface, OpenHW Group, version 1.2): the request-grant bus between the core and the inside of the SoC.
 *
 * Address phase: `req` stays 1 with stable attributes until a cycle with `gnt`. Response phase: one `rvalid` an accepted
 * request, in order, at the earliest in the cycle after the grant; the manager always takes it (no `rready`).
 */
import { B, In, Out, U } from '../../gen/index.ts';

/** Read-only manager side (instruction fetch). Addresses are word aligned. */
export const ObiFetch = {
  req: Out(B),
  gnt: In(B),
  addr: Out(U(32)),
  rvalid: In(B),
  rdata: In(U(32)),
  err: In(B),
};

/** Manager side with writes. `be` bit i enables byte i of the word at the aligned address. */
export const ObiData = {
  req: Out(B),
  gnt: In(B),
  addr: Out(U(32)),
  we: Out(B),
  be: Out(U(4)),
  wdata: Out(U(32)),
  rvalid: In(B),
  rdata: In(U(32)),
  err: In(B),
};
