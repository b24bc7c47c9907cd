/** Connects records of ports member by member, in whichever direction each member flows. Must not know what they mean. */
import { DesignError } from '../design-error.ts';
import type { Site } from '../site.ts';
import { toExpr } from './value.ts';
import { portRecordOf } from './views.ts';
import type { Accessor, PortRecord } from './views.ts';

/** One end of a connection: a signal, or a record of ends. */
interface End {
  readonly path: string;
  readonly at: PortRecord | Accessor;
}

/** Connects two views of ports, or of them only the members `names`. Throws DesignError. */
export function link(a: object, b: object, names: readonly string[] | undefined, site: Site): void {
  const [x, y] = [a, b].map((view): End => {
    const record = portRecordOf(view);
    if (!record) throw new DesignError('connection', 'one side is no record of ports', site, undefined, 'give ports of this module or of an instance');
    return { path: record.path, at: record };
  });
  linkMembers(x, y, names, site);
}

function linkMembers(x: End, y: End, names: readonly string[] | undefined, site: Site): void {
  for (const [one, other] of [[x, y], [y, x]]) {
    const missing = (names ?? [...membersOf(one).keys()]).find((name) => !membersOf(other).has(name));
    if (missing === undefined) continue;
    throw new DesignError('connection', `${other.path} has no '${missing}' to connect with ${one.path}`, site, other.at.site,
      `it has ${[...membersOf(other).keys()].join(', ')}; name the members to connect if not all are meant`);
  }
  for (const name of names ?? membersOf(x).keys()) linkEnds(memberOf(x, name), memberOf(y, name), site);
}

const membersOf = (end: End): ReadonlyMap<string, PortRecord | Accessor> => end.at.members ?? new Map();
const memberOf = (end: End, name: string): End => ({ path: `${end.path}.${name}`, at: membersOf(end).get(name) as PortRecord | Accessor });

function linkEnds(x: End, y: End, site: Site): void {
  if (x.at.members && y.at.members) return linkMembers(x, y, undefined, site);
  if (x.at.members || y.at.members) {
    const [whole, single] = x.at.members ? [x, y] : [y, x];
    throw new DesignError('connection', `${whole.path} is a record of ports and ${single.path} is one port`, site, single.at.site, 'connect records of equal members');
  }
  linkPorts({ ...x, at: x.at as Accessor }, { ...y, at: y.at as Accessor }, site);
}

function linkPorts(x: End & { at: Accessor }, y: End & { at: Accessor }, site: Site): void {
  if (x.at.writable === y.at.writable) {
    const what = x.at.writable ? 'both wait to be driven' : 'are both driven already';
    throw new DesignError('connection', `${x.path} and ${y.path} ${what}`, site, y.at.site, 'flip() the ports of one of them');
  }
  const [to, from] = x.at.writable ? [x, y] : [y, x];
  const value = from.at.get();
  // A mismatch of types is told with the target's path.
  toExpr(value, to.at.type, site, to.at.site, to.path);
  to.at.set(value, site);
}
