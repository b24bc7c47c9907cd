/** All figures of all pages, in the order of the pages. */
import type { Figure } from '../figure.ts';
import { BESIDE_IBEX } from './beside-ibex.ts';
import { CACHES } from './caches.ts';
import { EXPLORE } from './explore.ts';
import { FPGA } from './fpga.ts';
import { PERFORMANCE } from './performance.ts';
import { VERIFICATION } from './verification.ts';

export const FIGURES: readonly Figure[] = [...BESIDE_IBEX, ...CACHES, ...EXPLORE, ...FPGA, ...PERFORMANCE, ...VERIFICATION];
