/**
 * The signals of CV-X-IF in one cycle, as a core and as a unit drive them, and the way to and from the ports of a design. Core and
 * unit are written against the standard, not against our hardware.
 */
import { XIF_DEFAULTS } from '../../../hw/lib/cv-x-if.ts';
import type { XifParams } from '../../../hw/lib/cv-x-if.ts';
import type { Simulator } from '../../../sim/simulator.ts';
import type { Random } from '../../../sw/data/random.ts';

/** Eight identifiers, so that they go round often. */
export const JOINED: XifParams = XIF_DEFAULTS;
export const SPLIT: XifParams = { ...XIF_DEFAULTS, split: true };

export interface CoreSignals {
  readonly issue?: { readonly instr: number; readonly id: number };
  readonly register?: { readonly id: number; readonly rs: readonly [number, number]; readonly valid: number };
  readonly commit?: { readonly id: number; readonly kill: boolean; readonly hartid?: number };
  readonly resultReady: boolean;
}

export interface UnitSignals {
  readonly issueReady: boolean;
  readonly accept: boolean;
  readonly writeback: boolean;
  readonly reads: number;
  readonly registerReady: boolean;
  readonly result?: Result;
}

export interface Result {
  readonly id: number;
  readonly hartid: number;
  readonly data: number;
  readonly rd: number;
  readonly we: boolean;
}

export const rdOf = (instr: number): number => (instr >>> 7) & 31;
/** Anything, where the standard says that a signal is not valid. */
export const garbage = (random: Random): number => random.uint32();

/** Drives the core's signals of a design whose ports begin with `xif_`; where nothing is valid, anything stands. */
export function pokeCore(sim: Simulator, core: CoreSignals, random: Random, prefix = 'xif_'): void {
  const set = (port: string, value: number | bigint): void => sim.poke(`${prefix}${port}`, value);
  const id = (): number => random.below(2 ** XIF_DEFAULTS.idBits);
  const { issue, register, commit } = core;
  set('issue_valid', issue ? 1 : 0);
  set('issue_req_instr', issue ? issue.instr >>> 0 : garbage(random));
  set('issue_req_id', issue ? issue.id : id());
  set('issue_req_hartid', 0);
  set('register_valid', register ? 1 : 0);
  set('register_id', register ? register.id : id());
  set('register_hartid', 0);
  const rs = (register?.rs ?? [garbage(random), garbage(random)]).map((value) => BigInt(value >>> 0));
  set('register_rs', rs[0] | (rs[1] << 32n));
  set('register_rs_valid', register ? register.valid : random.below(4));
  set('commit_valid', commit ? 1 : 0);
  set('commit_id', commit ? commit.id : id());
  set('commit_hartid', commit?.hartid ?? 0);
  set('commit_commit_kill', commit ? Number(commit.kill) : random.below(2));
  set('result_ready', Number(core.resultReady));
}

/** Drives the unit's signals. */
export function pokeUnit(sim: Simulator, unit: UnitSignals, random: Random, prefix = 'xif_'): void {
  const set = (port: string, value: number): void => sim.poke(`${prefix}${port}`, value);
  const { result } = unit;
  set('issue_ready', Number(unit.issueReady));
  set('issue_resp_accept', Number(unit.accept));
  set('issue_resp_writeback', Number(unit.writeback));
  set('issue_resp_register_read', unit.reads);
  set('register_ready', Number(unit.registerReady));
  set('result_valid', result ? 1 : 0);
  set('result_id', result ? result.id : random.below(2 ** XIF_DEFAULTS.idBits));
  set('result_hartid', result?.hartid ?? 0);
  set('result_data', result ? result.data >>> 0 : garbage(random));
  set('result_rd', result ? result.rd : random.below(32));
  set('result_we', result ? Number(result.we) : random.below(2));
}

const peeker = (sim: Simulator, prefix: string) => (port: string): number => Number(sim.peek(`${prefix}${port}`));

/** What a unit in hardware drives. */
export function peekUnit(sim: Simulator, prefix = 'xif_'): UnitSignals {
  const get = peeker(sim, prefix);
  return {
    issueReady: get('issue_ready') === 1, accept: get('issue_resp_accept') === 1, writeback: get('issue_resp_writeback') === 1,
    reads: get('issue_resp_register_read'), registerReady: get('register_ready') === 1,
    ...(get('result_valid') === 1 ? {
      result: { id: get('result_id'), hartid: get('result_hartid'), data: get('result_data'), rd: get('result_rd'), we: get('result_we') === 1 },
    } : {}),
  };
}

/** What a core in hardware drives. */
export function peekCore(sim: Simulator, prefix = 'xif_'): CoreSignals {
  const get = peeker(sim, prefix);
  const rs = sim.peek(`${prefix}register_rs`);
  return {
    resultReady: get('result_ready') === 1,
    ...(get('issue_valid') === 1 ? { issue: { instr: get('issue_req_instr'), id: get('issue_req_id') } } : {}),
    ...(get('register_valid') === 1 ? {
      register: { id: get('register_id'), rs: [Number(rs & 0xffff_ffffn), Number(rs >> 32n)] as const, valid: get('register_rs_valid') },
    } : {}),
    ...(get('commit_valid') === 1 ? { commit: { id: get('commit_id'), kill: get('commit_commit_kill') === 1 } } : {}),
  };
}
