import { describe, expect, it } from 'vitest';
import { flip, hw } from '../../../gen/index.ts';
import { ObiData } from '../../../hw/lib/obi.ts';
import { ObiToAxi } from '../../../hw/lib/obi-to-axi.ts';
import { AxiRam } from '../../../sim/axi-ram.ts';
import { Dice, start } from './bench.ts';
import { ObiManager, mergeBytes } from './obi-bench.ts';

const BASE = 0x8000_0000;
const BYTES = 1024;

const Bench = (dataBytes: number, latencyCycles: number) =>
  hw('Bench', { obi: flip(ObiData) }, (m, io) => {
    const bridge = m.inst('bridge', ObiToAxi({ dataBytes, idBits: 2 }));
    const ram = m.inst('ram', AxiRam({ dataBytes, idBits: 2, base: BASE, bytes: BYTES, latencyCycles, outstanding: 2 }));
    const { obi } = bridge;
    obi.req = io.obi.req;
    obi.addr = io.obi.addr;
    obi.we = io.obi.we;
    obi.be = io.obi.be;
    obi.wdata = io.obi.wdata;
    io.obi.gnt = obi.gnt;
    io.obi.rvalid = obi.rvalid;
    io.obi.rdata = obi.rdata;
    io.obi.err = obi.err;
    m.connect(bridge.axi.ar, ram.bus.ar);
    m.connect(ram.bus.r, bridge.axi.r);
    m.connect(bridge.axi.aw, ram.bus.aw);
    m.connect(bridge.axi.w, ram.bus.w);
    m.connect(ram.bus.b, bridge.axi.b);
  });

const idle = { obi_req: 0, obi_addr: 0, obi_we: 0, obi_be: 0, obi_wdata: 0 };

describe('the bridge from OBI to AXI4', () => {
  for (const dataBytes of [4, 8, 16, 64]) {
    for (const latency of [1, 5]) {
      it(`reads and writes words and bytes in beats of ${dataBytes} bytes, ${latency} cycles after the grant`, () => {
        const sim = start(Bench(dataBytes, latency), idle);
        const dice = new Dice(dataBytes + latency);
        const model = new Uint32Array(BYTES / 4);
        const manager = new ObiManager(
          sim, 'obi_', dice, 0.8,
          () => ({ addr: BASE + 4 * dice.roll(BYTES / 4), we: dice.chance(0.5), be: dice.roll(16), wdata: dice.word() }),
          (request, response) => {
            const index = (request.addr - BASE) / 4;
            if (request.we) model[index] = mergeBytes(model[index], request.wdata ?? 0, request.be ?? 0);
            else expect(response.rdata).toBe(model[index]);
            expect(response).toMatchObject({ err: false, latency });
          },
        );
        for (let cycle = 0; cycle < 2000 || !manager.isIdle; cycle++) {
          manager.before(cycle < 2000);
          manager.after();
          sim.step();
        }
        expect(manager.answered).toBeGreaterThan(latency === 1 ? 1000 : 250);
      });
    }
  }

  it('starts a request in the cycle of the response before it', () => {
    const sim = start(Bench(16, 1), idle);
    const manager = new ObiManager(sim, 'obi_', new Dice(1), 1, () => ({ addr: BASE + 8, we: false }), () => undefined);
    for (let cycle = 0; cycle < 100; cycle++) {
      manager.before();
      manager.after();
      sim.step();
    }
    expect(manager.granted).toBe(100);
  });

  it('reports errors of memory', () => {
    const sim = start(Bench(8, 1), idle);
    const dice = new Dice(3);
    const manager = new ObiManager(sim, 'obi_', dice, 1, () => ({ addr: dice.chance(0.5) ? BASE : 0x4000_0000, we: dice.chance(0.5) }),
      (request, response) => expect(response.err).toBe(request.addr !== BASE));
    for (let cycle = 0; cycle < 200; cycle++) {
      manager.before();
      manager.after();
      sim.step();
    }
    expect(manager.answered).toBeGreaterThan(150);
  });
});
