import { describe, expect, it } from 'vitest';
import { Flag, U, bool, flip, hw } from '../../../gen/index.ts';
import { ObiDemux } from '../../../hw/lib/obi-demux.ts';
import { ObiData } from '../../../hw/lib/obi.ts';
import { Dice, start } from './bench.ts';
import { ObiManager } from './obi-bench.ts';

const WINDOWS = { near: { base: 0x1000, bytes: 0x1000 }, far: { base: 0x8000_0000, bytes: 2 ** 31 } };

/** Answers `delay` cycles after the grant with the address plus `mark`; takes a request every `1 + delay` cycles. */
const Echo = (name: string, mark: number, delay: number) =>
  hw(name, { obi: flip(ObiData) }, (m, io) => {
    const r = m.regs({ left: U(4, 0), answers: Flag(false), data: U(32) });
    io.obi.gnt = r.left.eq(0).and(io.obi.req);
    r.answers = delay === 1 ? io.obi.gnt : r.left.eq(1);
    m.when(io.obi.gnt, () => {
      r.left = U(4).lit(delay - 1);
      r.data = io.obi.addr.addWrap(mark);
    }).elseWhen(r.left.ne(0), () => {
      r.left = r.left.subWrap(1);
    });
    io.obi.rvalid = r.answers;
    io.obi.rdata = r.data;
    io.obi.err = bool(false);
  });

const Bench = hw('Bench', { obi: flip(ObiData) }, (m, io) => {
  const demux = m.inst('demux', ObiDemux(WINDOWS));
  const near = m.inst('near', Echo('Near', 1, 1));
  const far = m.inst('far', Echo('Far', 2, 5));
  for (const [from, to] of [[io.obi, demux.manager], [demux.subordinates.near, near.obi], [demux.subordinates.far, far.obi]] as const) {
    to.req = from.req;
    to.addr = from.addr;
    to.we = from.we;
    to.be = from.be;
    to.wdata = from.wdata;
    from.gnt = to.gnt;
    from.rvalid = to.rvalid;
    from.rdata = to.rdata;
    from.err = to.err;
  }
});

describe('the data bus demultiplexer', () => {
  it('sends every request where its address belongs and keeps the order of answers', () => {
    const sim = start(Bench, { obi_req: 0, obi_addr: 0, obi_we: 0, obi_be: 0, obi_wdata: 0 });
    const dice = new Dice(5);
    const seen = new Set<string>();
    const manager = new ObiManager(sim, 'obi_', dice, 0.9,
      () => {
        const [base, words] = [[0x1000, 1024], [0x8000_0000, 2 ** 29], [0, 1024], [0x2000, 2 ** 20]][dice.roll(4)];
        return { addr: base + 4 * dice.roll(words), we: dice.chance(0.5) };
      },
      ({ addr }, { rdata, err, latency }) => {
        const who = addr >= 0x8000_0000 ? 'far' : addr >>> 12 === 1 ? 'near' : 'nobody';
        expect(err).toBe(who === 'nobody');
        if (who !== 'nobody') expect(rdata).toBe((addr + (who === 'near' ? 1 : 2)) >>> 0);
        expect(latency).toBe(who === 'far' ? 5 : 1);
        seen.add(who);
      });
    for (let cycle = 0; cycle < 2000; cycle++) {
      manager.before();
      manager.after();
      sim.step();
    }
    expect([...seen].sort()).toEqual(['far', 'near', 'nobody']);
  });
});
