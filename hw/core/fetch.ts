/**
 * Instruction fetch: requests on the bus, as many as a queue of one or two words can take. After a redirection the answers
 * that are still to come are dropped. Must not know instructions.
 */
import { B, Flag, In, Out, U, cat, hw } from '../../gen/index.ts';
import type { Bool, UInt } from '../../gen/index.ts';
import { ObiFetch } from '../lib/obi.ts';
import { BranchPredictor, Prediction, isTaken, predictorUpdate } from './branch-predictor.ts';
import type { CoreConfig } from './config.ts';
import { withOnly } from '../lib/with-only.ts';
import { Word } from './word.ts';

const ports = {
  ibus: ObiFetch,
  /** Fetch from `target` on; what was fetched before is dropped. Ignored while `canRedirect` is 0. */
  redirect: In(B),
  target: In(Word),
  /** 0 while the bus holds a request that must stay stable. */
  canRedirect: Out(B),
  /** Oldest word; taken at the end of a cycle with `valid` and `take`. */
  valid: Out(B),
  word: Out(Word),
  error: Out(B),
  take: In(B),
  /** What the predictor says of the word. Here and below: present with a predictor. */
  prediction: Out(Prediction),
  ...predictorUpdate,
};

export function Fetch(config: CoreConfig) {
  const predicts = config.predictorEntries > 0;
  const present = {
    prediction: predicts, update: predicts, clear: predicts,
    updateAddress: predicts, updateUpper: predicts, updateCounter: predicts, updateTarget: predicts,
  };
  return hw('Fetch', withOnly(ports, present), (m, io) => {
    m.doc('Word-wise prefetch with a queue in front of the instruction register.');
    const { ibus } = io;
    const deep = config.prefetch === 2;
    const Count = U<number>(deep ? 2 : 1, 0);
    const count = (happens: Bool): UInt => happens.asUInt().zext(Count.width);
    const r = m.regs({
      /** Word address of the next request. */
      next: U<number>(30, config.bootAddress / 4),
      held: Flag(false),
      unanswered: Count,
      /** How many of the unanswered requests are from before a redirection. */
      stale: Count,
      queued: Count,
      word0: Word, error0: B,
    });
    const second = deep ? m.regs({ word1: Word, error1: B }) : undefined;
    const { redirects } = m.let({ redirects: io.redirect.and(r.held.not()) });
    io.canRedirect = r.held.not();

    const { left } = m.let({ left: r.unanswered.subWrap(count(ibus.rvalid)) });
    const { arrives } = m.let({ arrives: ibus.rvalid.and(r.stale.eq(0)) });
    const { isEmpty } = m.let({ isEmpty: r.queued.eq(0) });
    io.valid = isEmpty.not().or(arrives);
    io.word = isEmpty.mux(ibus.rdata, r.word0);
    io.error = isEmpty.mux(ibus.err, r.error0);
    const { taken } = m.let({ taken: io.valid.and(io.take) });
    const { waiting } = m.let({ waiting: r.queued.addWrap(count(arrives)).subWrap(count(taken)) });

    // A word that was asked for in the last cycle may end in a branch that is expected to be taken: then fetch goes on there.
    const predictor = predicts ? m.inst('predictor', BranchPredictor(config)) : undefined;
    const told = predictor ? m.let({ told: predictor.prediction }).told : undefined;
    const onward = told ? isTaken(told).mux(told.target.slice(30, 1), r.next) : r.next;
    const { address } = m.let({ address: redirects.mux(io.target.slice(31, 2), onward) });
    // With one place, a request goes out when nothing else will be on its way to that place after this cycle. With two, what is
    // taken in this cycle is not looked at: the request must not wait for what the execute stage does.
    const hasRoom = deep
      ? redirects.mux(r.unanswered, r.unanswered.addWrap(r.queued)).lt(2)
      : left.eq(0).and(redirects.or(waiting.eq(0)));
    ibus.req = r.held.or(hasRoom);
    ibus.addr = cat(address, U(2).lit(0)).exact(32);
    const { granted } = m.let({ granted: ibus.req.and(ibus.gnt) });
    r.held = ibus.req.and(ibus.gnt.not());
    // Adding the grant itself instead of choosing between two addresses saves a multiplexer.
    r.next = address.addWrap(granted.asUInt().zext(30));

    r.unanswered = left.addWrap(count(granted));
    m.when(redirects, () => {
      r.stale = left;
    }).elseWhen(ibus.rvalid.and(r.stale.ne(0)), () => {
      r.stale = r.stale.subWrap(1);
    });
    r.queued = redirects.mux(Count.lit(0), waiting);
    let arriving: typeof told;
    if (predictor && told) {
      const start = m.regs({ looked: Flag(false), atUpper: Flag(false) });
      const { fromUpper } = m.let({
        fromUpper: redirects.mux(io.target.bit(1), isTaken(told).mux(told.target.bit(0), start.atUpper)),
      });
      start.atUpper = fromUpper.and(granted.not());
      start.looked = granted;
      predictor.lookup = granted;
      predictor.address = address;
      predictor.fromUpper = fromUpper;
      predictor.update = io.update;
      predictor.clear = io.clear;
      predictor.updateAddress = io.updateAddress;
      predictor.updateUpper = io.updateUpper;
      predictor.updateCounter = io.updateCounter;
      predictor.updateTarget = io.updateTarget;
      // Predictions of words that are still on their way, oldest first.
      const ahead = m.regs({ known: U<number>(2, 0), told0: Prediction, told1: Prediction });
      const { isKnown } = m.let({ isKnown: ahead.known.ne(0) });
      arriving = m.let({ arriving: isKnown.mux(ahead.told0, told) }).arriving;
      const { pushes } = m.let({ pushes: start.looked.and(redirects.not()) });
      const twoBits = (happens: Bool): UInt => happens.asUInt().zext(2);
      ahead.known = redirects.mux(U<number>(2).lit(0), ahead.known.addWrap(twoBits(start.looked)).subWrap(twoBits(arrives)));
      m.when(arrives, () => {
        ahead.told0 = ahead.known.bit(1).mux(ahead.told1, told);
      }).elseWhen(isKnown.not(), () => {
        ahead.told0 = told;
      });
      m.when(pushes, () => {
        ahead.told1 = told;
      });
      m.assert('predictionForEveryWord', arrives.not().or(isKnown).or(start.looked), 'a word comes without its prediction');
      m.assert('predictionsFit', ahead.known.le(2), 'more predictions than words on their way');
    }
    const queue = arriving ? m.regs({ prediction0: Prediction }) : undefined;
    const queue1 = arriving && deep ? m.regs({ prediction1: Prediction }) : undefined;
    if (arriving && queue) io.prediction = isEmpty.mux(arriving, queue.prediction0);
    // A word that is taken at once passes through the first place, too: what stands there counts only while it is queued.
    m.when(io.take.or(isEmpty), () => {
      r.word0 = second ? r.queued.bit(1).mux(second.word1, ibus.rdata) : ibus.rdata;
      r.error0 = second ? r.queued.bit(1).mux(second.error1, ibus.err) : ibus.err;
      if (arriving && queue) queue.prediction0 = queue1 ? r.queued.bit(1).mux(queue1.prediction1, arriving) : arriving;
    });
    if (second) {
      m.when(r.queued.bit(1).not(), () => {
        second.word1 = ibus.rdata;
        second.error1 = ibus.err;
        if (arriving && queue1) queue1.prediction1 = arriving;
      });
    }

    const places = config.prefetch;
    const overflows = r.queued.gt(places).or(r.queued.eq(places).and(arrives).and(taken.not()));
    m.assert('queueNeverOverflows', overflows.not(), 'a word arrives for which there is no place');
    const isBounded = r.unanswered.le(places).and(r.stale.le(r.unanswered));
    m.assert('noMoreUnansweredThanPlaces', isBounded, 'more requests under way than the queue has places');
    m.assert('answerWasAskedFor', ibus.rvalid.not().or(r.unanswered.ne(0)), 'the bus answers a request that was not made');
    const last = m.regs({ lastAddress: U<number>(30) });
    last.lastAddress = address;
    m.assert('requestIsStable', r.held.not().or(ibus.req.and(address.eq(last.lastAddress))), 'a request changes before it is granted');
  });
}
