import { Graph } from '../onnx/graph.js';
import { emitEntry, parametersOf } from '../onnx/network.js';
import { emitAdamW } from './adamw.js';
import { backward, forward } from './gradients.js';
import { emitLoss } from './losses.js';
/** Values that dropout needs per step: one window into a pool of random masks, cut into one piece per dropout layer. */
export function dropoutOf(net) {
    const rates = new Set();
    const widths = [];
    const walk = (layers, input) => {
        let width = input;
        for (const layer of layers) {
            if (layer.kind === 'dense')
                width = layer.outputs;
            if (layer.kind === 'flatten')
                width = layer.width;
            if (layer.kind === 'sum')
                width = Math.max(...layer.branches.map(branch => walk(branch, width)));
            if (layer.kind === 'dropout') {
                rates.add(layer.rate);
                widths.push(width);
            }
        }
        return width;
    };
    walk(net.layers, joinedWidth(net));
    if (rates.size > 1)
        throw new Error(`a net has dropout rates ${[...rates].join(' and ')}: expected one`);
    return { rate: [...rates][0] ?? 0, widths };
}
/** Width of what enters the first layer. */
export const joinedWidth = ({ numeric, embeddings }) => embeddings.reduce((sum, { width }) => sum + width, numeric.length);
/**
 * The whole training as one `Loop`: each turn gathers a mini-batch from the resident table, runs the net forward and back and
 * takes one AdamW step. Weights and moments are carried; one call makes as many steps as it is told.
 *
 * Fed: matrix, codes, target, importance (the table); order (row numbers, B per step), steps, alpha, epsilon, decay (one
 * each per step), pool, offsets (dropout); weights, first, second (the state).
 */
export function trainingGraph(shape) {
    const { net, batch } = shape;
    const graph = new Graph('training');
    const parameters = parametersOf(net);
    const size = parameters.reduce((sum, { values }) => sum + values.length, 0);
    const table = tableInputs(graph, shape);
    const order = graph.input('order', 'int32', ['M']);
    const steps = graph.input('steps', 'int64', []);
    const scalars = ['alpha', 'epsilon', 'decay'].map(name => graph.input(name, 'float', ['S']));
    const state = ['weights', 'first', 'second'].map(name => graph.input(name, 'float', [size]));
    const dropout = dropoutOf(net);
    const masks = dropout.widths.length > 0 && {
        pool: graph.input('pool', 'float', ['Q']),
        offsets: graph.input('offsets', 'int64', ['S']),
    };
    const moves = shape.shifts && graph.input('moves', 'int64', ['S', 2]);
    const body = graph.subgraph('step');
    const turn = body.input('turn', 'int64', []);
    const going = body.input('going', 'bool', []);
    const [weights, first, second] = ['weights in', 'first in', 'second in'].map(name => body.input(name, 'float', [size]));
    const now = (values) => body.op('Gather', [values, turn]);
    const from = body.op('Mul', [turn, body.i64(batch)]);
    const rows = body.op('Slice', [order, from, body.op('Add', [from, body.i64(batch)])]);
    const pieces = masks ? maskPieces(body, masks.pool, now(masks.offsets), dropout.widths, batch) : [];
    const move = moves && now(moves);
    const gradient = flatGradient(body, shape, table, { rows, weights, masks: pieces, move });
    const [alpha, epsilon, decay] = scalars.map(now);
    const next = emitAdamW(body, { weights, first, second }, gradient, { alpha, epsilon, decay }, shape.adam);
    body.output('going on', going, []);
    body.output('weights out', next.weights, [size]);
    body.output('first out', next.first, [size]);
    body.output('second out', next.second, [size]);
    const results = graph.ops('Loop', [steps, undefined, ...state], 3, { body }, { type: 'float' });
    for (const [i, name] of ['weights', 'first', 'second'].entries())
        graph.output(`${name} after`, results[i], [size]);
    return graph.encode();
}
const rowsOf = (graph, name, type, width) => graph.input(name, type, ['N', width]);
const entryInputs = (graph, { net, store }) => ({
    ...(net.numeric.length > 0 && { matrix: rowsOf(graph, 'matrix', store, net.numeric.length) }),
    ...(net.embeddings.length > 0 && { codes: rowsOf(graph, 'codes', 'int32', net.embeddings.length) }),
});
const tableInputs = (graph, shape) => ({
    ...entryInputs(graph, shape),
    target: shape.loss === 'cross-entropy'
        ? graph.input('target', 'int32', ['N'])
        : rowsOf(graph, 'target', 'float', 1),
    ...(shape.weighted && { importance: rowsOf(graph, 'importance', 'float', 1) }),
});
/** The gradient of the batch loss with respect to all parameters, as one vector laid out like the weights. */
function flatGradient(body, shape, table, { rows, weights, masks, move }) {
    const { net, loss, batch } = shape;
    const parameters = splitParameters(body, net, weights);
    const take = (values) => body.op('Gather', [values, rows]);
    const entry = emitBatchEntry(body, shape, table, take, parameters);
    let nextMask = 0;
    const supply = { parameters, next: net.embeddings.length, mask: () => masks[nextMask++] };
    const joined = move && shape.shifts ? moved(body, entry.joined, move, shape.shifts) : entry.joined;
    const tape = forward(body, net.layers, joined, supply);
    const target = take(table.target);
    const { gradient } = emitLoss(body, loss, tape.output, loss === 'cross-entropy' ? body.op('Gather', [targetRows(body, shape), target]) : target, batch, table.importance && take(table.importance));
    const gradients = [];
    const dx = backward(body, tape.played, gradient, gradients, net.embeddings.length > 0);
    if (dx)
        embeddingGradients(body, net, entry.codes, dx, gradients);
    return body.op('Concat', gradients.map(part => body.op('Reshape', [part, body.i64(-1)])), { axis: 0 });
}
/** Cuts a flat vector into the parameters of the net. */
export function splitParameters(graph, net, flat) {
    const parameters = parametersOf(net);
    const sizes = graph.i64(...parameters.map(({ values }) => values.length));
    const pieces = graph.ops('Split', [flat, sizes], parameters.length, { axis: 0 });
    return pieces.map((piece, i) => graph.op('Reshape', [piece, graph.i64(...parameters[i].dims)]));
}
/** What enters the first layer: numbers, then embedded categories. `take` picks the rows. */
export function emitBatchEntry(graph, { net, store }, { matrix, codes }, take, parameters) {
    const parts = [];
    if (matrix) {
        const numbers = graph.cast(take(matrix), 'float');
        parts.push(store === 'uint8' ? emitEntry(graph, net, numbers) : numbers);
    }
    const taken = [];
    if (codes) {
        const all = take(codes);
        for (const [i] of net.embeddings.entries()) {
            const own = net.embeddings.length === 1 ? graph.op('Squeeze', [all, graph.i64(1)]) : column(graph, all, i);
            taken.push(own);
            parts.push(graph.op('Gather', [parameters[i], own], { axis: 0 }));
        }
    }
    return { joined: parts.length === 1 ? parts[0] : graph.op('Concat', parts, { axis: 1 }), codes: taken };
}
const column = (graph, matrix, index) => graph.op('Gather', [matrix, graph.constant(Int32Array.of(index), [])], { axis: 1 });
/** Each embedded row's gradient is added to the row of its category. */
function embeddingGradients(graph, { numeric, embeddings }, codes, dx, gradients) {
    const widths = [...(numeric.length > 0 ? [numeric.length] : []), ...embeddings.map(({ width }) => width)];
    const pieces = widths.length === 1 ? [dx] : graph.ops('Split', [dx, graph.i64(...widths)], widths.length, { axis: 1 });
    for (const [i, { categories, width }] of embeddings.entries()) {
        const zeros = graph.constant(new Float32Array((categories + 1) * width), [categories + 1, width]);
        const rows = graph.op('Unsqueeze', [graph.cast(codes[i], 'int64'), graph.i64(1)]);
        const piece = pieces[pieces.length - embeddings.length + i];
        gradients[i] = graph.op('ScatterND', [zeros, rows, piece], { reduction: 'add' });
    }
}
/** Row k is the distribution that a row of class k should get. */
function targetRows(graph, { outputs, smoothing }) {
    const rows = new Float32Array(outputs * outputs).fill(smoothing / outputs);
    for (let k = 0; k < outputs; k++)
        rows[k * outputs + k] += 1 - smoothing;
    return graph.constant(rows, [outputs, outputs]);
}
function moved(body, pixels, move, { channels, height, width, reach }) {
    const images = body.op('Reshape', [pixels, body.i64(-1, channels, height, width)]);
    const wide = body.op('Pad', [images, body.i64(0, 0, reach, reach, 0, 0, reach, reach)]);
    const end = body.op('Add', [move, body.i64(height, width)]);
    const window = body.op('Slice', [wide, move, end, body.i64(2, 3)]);
    return body.op('Reshape', [window, body.i64(-1, channels * height * width)]);
}
function maskPieces(body, pool, offset, widths, batch) {
    const sizes = widths.map(width => width * batch);
    const start = body.op('Reshape', [offset, body.i64(1)]);
    const end = body.op('Add', [start, body.i64(sizes.reduce((sum, size) => sum + size, 0))]);
    const window = body.op('Slice', [pool, start, end]);
    const pieces = sizes.length === 1 ? [window] : body.ops('Split', [window, body.i64(...sizes)], sizes.length, { axis: 0 });
    return pieces.map((piece, i) => body.op('Reshape', [piece, body.i64(batch, widths[i])]));
}
/** The net over resident rows `start … end`, for scoring while it trains: fed the table, `start`, `end` and the weights. */
export function scoringGraph(shape) {
    const { net } = shape;
    const graph = new Graph('scoring');
    const table = entryInputs(graph, shape);
    const size = parametersOf(net).reduce((sum, { values }) => sum + values.length, 0);
    const bounds = ['start', 'end'].map(name => graph.input(name, 'int64', [1]));
    const parameters = splitParameters(graph, net, graph.input('weights', 'float', [size]));
    const take = (values) => graph.op('Slice', [values, ...bounds, graph.i64(0)]);
    const { joined } = emitBatchEntry(graph, shape, table, take, parameters);
    const tape = forward(graph, net.layers, joined, {
        parameters,
        next: net.embeddings.length,
        mask: () => undefined,
    });
    graph.output('outputs', tape.output, ['M', shape.outputs]);
    return graph.encode();
}
