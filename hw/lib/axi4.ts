/**
 * AXI4 (AMBA AXI Protocol Specification, ARM IHI 0022): the bus to main memory. Bursts are incrementing and do not cross
 * 4 KiB. Signals that every manager here drives with one constant value (lock, cache, prot, qos, region) are left out.
 */
import { B, Sink, Source, U, bundle, flip } from '../../gen/index.ts';

export const AXI_BURST_INCR = U(2).lit(1).named('AXI_BURST_INCR');
export const AXI_RESP_OKAY = U(2).lit(0).named('AXI_RESP_OKAY');
export const AXI_RESP_SLVERR = 2;
export const AXI_RESP_DECERR = 3;

export interface AxiParams {
  /** Bytes of one beat: a power of two, 4…128. */
  readonly dataBytes: number;
  readonly idBits: number;
}

/** Address channel. `len` is beats minus 1, `size` log2 of the bytes of a beat. */
export const axiAddress = ({ idBits }: AxiParams) => bundle('AxiAddress', { id: U(idBits), addr: U(32), len: U(8), size: U(3), burst: U(2) });
export const axiWriteData = ({ dataBytes }: AxiParams) => bundle('AxiWriteData', { data: U(8 * dataBytes), strb: U(dataBytes), last: B });
export const axiWriteResponse = ({ idBits }: AxiParams) => bundle('AxiWriteResponse', { id: U(idBits), resp: U(2) });
export const axiReadData = ({ dataBytes, idBits }: AxiParams) => bundle('AxiReadData', { id: U(idBits), data: U(8 * dataBytes), resp: U(2), last: B });

/** Manager side of the read channels. */
export const axiReadManager = (p: AxiParams) => ({ ar: Source(axiAddress(p)), r: Sink(axiReadData(p)) });
/** Manager side of the write channels. */
export const axiWriteManager = (p: AxiParams) => ({ aw: Source(axiAddress(p)), w: Source(axiWriteData(p)), b: Sink(axiWriteResponse(p)) });
/** Manager side of all five channels. */
export const axiManager = (p: AxiParams) => ({ ...axiReadManager(p), ...axiWriteManager(p) });
/** Subordinate side. */
export const axiSubordinate = (p: AxiParams) => flip(axiManager(p));
