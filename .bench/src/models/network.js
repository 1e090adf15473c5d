import { Graph } from '../onnx/graph.js';
import { emitNetwork } from '../onnx/network.js';
import { feed, openSession } from '../onnx/session.js';
const BLOCK_CELLS = 1 << 21; // cells fed at a time
// One row alone takes another path through the matrix kernels and other last bits; in company it does not.
const MIN_ROWS = 4;
const MAX_SESSIONS = 4; // loaded nets kept for the next prediction
export const network = {
    kind: 'network',
    async predict(model, features) {
        const { rows } = features;
        const step = Math.max(1, Math.floor(BLOCK_CELLS / Math.max(1, model.features)));
        const result = new Float64Array(rows * model.outputs);
        const lease = await borrow(model);
        try {
            for (let start = 0; start < rows; start += step) {
                const count = Math.min(rows, start + step) - start;
                const block = rowBlock(features, start, start + count);
                const dims = [Math.max(MIN_ROWS, count), model.features];
                const { result: part } = await lease.session.run({ features: await feed(block, dims) });
                result.set(part.data.subarray(0, count * model.outputs), start * model.outputs);
            }
        }
        finally {
            await lease.giveBack();
        }
        return result;
    },
    emit({ net, link, outputScale, outputShift }, graph, features) {
        // The last step in float64: probabilities sum to 1 and large targets keep their digits.
        const last = graph.cast(emitNetwork(graph, net, features), 'double');
        const scaled = graph.op('Mul', [last, graph.f64(outputScale)]);
        if (link === 'softmax')
            return graph.op('Softmax', [scaled], { axis: 1 });
        return graph.op('Add', [scaled, graph.f64(outputShift)]);
    },
};
/** Rows start … end, row-major, with zeros below where they are fewer than `MIN_ROWS`. */
function rowBlock({ columns }, start, end) {
    const width = columns.length;
    const block = new Float32Array(Math.max(MIN_ROWS, end - start) * width);
    for (const [j, column] of columns.entries()) {
        const { values } = column;
        if (column.kind === 'dense') {
            for (let row = start, at = j; row < end; row++, at += width)
                block[at] = values[row];
        }
        else {
            for (let i = lowerBound(column.index, start); i < values.length && column.index[i] < end; i++) {
                block[(column.index[i] - start) * width + j] = values[i];
            }
        }
    }
    return block;
}
/** The first position whose value is not below `bound` in an ascending array. */
function lowerBound(ascending, bound) {
    let low = 0;
    let high = ascending.length;
    while (low < high) {
        const middle = (low + high) >>> 1;
        if (ascending[middle] < bound)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
const loaded = new Map(); // least recently used first
async function borrow(model) {
    const entry = loaded.get(model) ?? { session: open(model), borrowers: 0 };
    loaded.delete(model);
    loaded.set(model, entry);
    entry.borrowers++;
    const giveBack = async () => {
        entry.borrowers--;
        await evict();
    };
    try {
        return { session: await entry.session, giveBack };
    }
    catch (error) {
        loaded.delete(model);
        throw error;
    }
}
async function evict() {
    for (const [model, entry] of loaded) {
        if (loaded.size <= MAX_SESSIONS)
            return;
        if (entry.borrowers > 0)
            continue;
        loaded.delete(model);
        await (await entry.session).release();
    }
}
function open(model) {
    const graph = new Graph('network');
    const features = graph.input('features', 'float', ['N', model.features]);
    const result = network.emit(model, graph, features);
    graph.output('result', result, ['N', model.outputs]);
    return openSession(graph.encode());
}
