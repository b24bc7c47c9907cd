/**
 * The chip on an iCE40 board, as a design: memory with the boot loader, serial line, lamps. Clock, reset and pins are put
 * around it by `wrapper.ts`. Must not know tools.
 */
import { B, In, Out, hw } from '../gen/index.ts';
import { Chip, memoryBus } from '../hw/soc/chip.ts';
import type { ChipConfig } from '../hw/soc/config.ts';
import { UartPhy, uartDivisor } from '../hw/soc/uart-phy.ts';
import { BoardMemory } from './board-memory.ts';
import type { Board } from './boards.ts';
import { BOOT_ROM_BASE, bootRom } from './boot-rom.ts';

/** The configuration as it goes on the board: starts in the boot ROM, multiplies with the device's own cells. */
export function onBoard(config: ChipConfig, board: Board): ChipConfig {
  return {
    ...config,
    core: { ...config.core, bootAddress: BOOT_ROM_BASE, trace: false, debug: false },
    tensor: { ...config.tensor, multiplier: board.device.dsp > 0 ? 'ice40' : 'generic' },
    // What lies beyond the board's memory must not be cached: the memory repeats there.
    simulation: { ...config.simulation, ramBytes: board.ramBytes },
  };
}

export const BoardTop = (config: ChipConfig, board: Board) =>
  hw('BoardTop', { txLine: Out(B), rxLine: In(B), txLamp: Out(B), rxLamp: Out(B) }, (m, io) => {
    m.doc(`${config.name} on ${board.title}.`);
    const chip = m.inst('chip', Chip(onBoard(config, board)));
    const memory = m.inst('memory', BoardMemory({ ...memoryBus(config), ram: board.ram, ramBytes: board.ramBytes, rom: bootRom() }));
    const phy = m.inst('phy', UartPhy(uartDivisor(config.soc.clockHz, board.uart.baud)));
    m.link(chip.mem, memory.bus);
    m.connect(chip.uartTx, phy.tx);
    m.connect(phy.rx, chip.uartRx);
    io.txLine = phy.txLine;
    phy.rxLine = io.rxLine;
    // A line is low while bits of a byte are 0.
    io.txLamp = board.lamps.activeLow ? phy.txLine : phy.txLine.not();
    io.rxLamp = board.lamps.activeLow ? io.rxLine : io.rxLine.not();
  });
