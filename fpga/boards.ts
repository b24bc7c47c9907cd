/** FPGA boards as data: device, clock, pins. Must not know what is put on them. */
import { UserError } from '../gen/user-error.ts';

/** One size of the iCE40 family: what nextpnr calls it, and what is in it. */
export interface Device {
  /** nextpnr's option, without dashes. */
  readonly option: 'up5k' | 'hx8k';
  readonly package: string;
  readonly cells: number;
  readonly dsp: number;
  /** Block RAMs of 4 Kib. */
  readonly bram: number;
  /** Single-port RAMs of 32 KiB. */
  readonly spram: number;
  /** Highest input and output of the phase-locked loop, Hz. */
  readonly pll: { readonly primitive: 'SB_PLL40_PAD' | 'SB_PLL40_CORE'; readonly outMinHz: number; readonly outMaxHz: number };
}

export interface Board {
  readonly name: string;
  readonly title: string;
  readonly device: Device;
  readonly clock: { readonly pin: string; readonly hz: number };
  /** From the FPGA's side: it sends on `tx`. */
  readonly uart: { readonly tx: string; readonly rx: string; readonly baud: number };
  /** Lamps for sending and receiving. */
  readonly lamps: { readonly tx: string; readonly rx: string; readonly activeLow: boolean };
  /** Resets the chip; a pin with a pull-up, 0 when pressed. */
  readonly button: string | undefined;
  /** What the chip's memory is made of. */
  readonly ram: 'spram' | 'block';
  /** Main memory, bytes. */
  readonly ramBytes: number;
}

const UP5K_SG48: Device = {
  option: 'up5k', package: 'sg48', cells: 5280, dsp: 8, bram: 30, spram: 4, pll: { primitive: 'SB_PLL40_PAD', outMinHz: 16e6, outMaxHz: 275e6 },
};
export const HX8K_CT256: Device = {
  option: 'hx8k', package: 'ct256', cells: 7680, dsp: 0, bram: 32, spram: 0, pll: { primitive: 'SB_PLL40_CORE', outMinHz: 16e6, outMaxHz: 275e6 },
};

export const BOARDS: readonly Board[] = [
  {
    name: 'icebreaker',
    title: 'iCEBreaker V1.0 (1BitSquared): iCE40 UP5K',
    device: UP5K_SG48,
    clock: { pin: '35', hz: 12e6 },
    uart: { tx: '9', rx: '6', baud: 115200 },
    lamps: { tx: '11', rx: '37', activeLow: true },
    button: '10',
    ram: 'spram',
    ramBytes: 128 * 1024,
  },
  {
    name: 'hx8k-breakout',
    title: 'iCE40-HX8K Breakout Board (Lattice)',
    device: HX8K_CT256,
    clock: { pin: 'J3', hz: 12e6 },
    uart: { tx: 'B12', rx: 'B10', baud: 115200 },
    lamps: { tx: 'B5', rx: 'B4', activeLow: false },
    button: undefined,
    ram: 'block',
    ramBytes: 4 * 1024,
  },
];

/** The board of that name. @throws UserError where there is none */
export function boardOf(name: string): Board {
  const board = findBoard(name);
  if (!board) throw new UserError(`board ${name}: unknown; use ${BOARDS.map((b) => b.name).join(' or ')}`);
  return board;
}

/** The board of that name; undefined if there is none. */
export function findBoard(name: string): Board | undefined {
  return BOARDS.find((b) => b.name === name);
}
