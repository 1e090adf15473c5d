import { denseValues } from '../../data/features.js';
import { Graph } from '../../onnx/graph.js';
import { feed, openSession } from '../../onnx/session.js';
import { addPenalty, residuals } from './problem.js';
const BLOCK_CELLS = 1 << 22; // cells of one block of rows: it stays near the cache, and a stop is seen between blocks
const DOUBLE_CELLS = 1 << 23; // up to this many cells (64 MB) the matrix is held in float64
/**
 * Loss and gradient by matrix products over row blocks, in onnxruntime: for wide or long tables. The matrix is uint8 where
 * every value is a byte, float64 while that is small, and standardised float32 otherwise. Release it when done.
 */
export async function blockObjective(problem, threads) {
    const { features, scores: count } = problem;
    const width = features.columns.length;
    const matrix = await buildMatrix(features, problem.moments);
    const number = matrix.type === 'double' ? 'double' : 'float';
    const { means, inverses } = matrix.moments ?? {
        means: new Float64Array(width),
        inverses: new Float64Array(width).fill(1),
    };
    const Numbers = number === 'double' ? Float64Array : Float32Array;
    const forward = await openSession(scoreGraph(matrix.type, number, width, count), { threads });
    const backward = await openSession(gradientGraph(matrix.type, number, width, count), { threads });
    const scores = Array.from({ length: count }, () => new Float64Array(features.rows));
    const gradient = new Float64Array(count * (width + 1));
    const objective = async (point) => {
        const weights = new Numbers(count * width);
        const biases = point.slice(count * width);
        for (let k = 0, at = 0; k < count; k++) {
            for (let j = 0; j < width; j++, at++) {
                weights[at] = point[at] * inverses[j];
                biases[k] -= point[at] * inverses[j] * means[j];
            }
        }
        const fedWeights = await feed(weights, [count, width]);
        for (const block of matrix.blocks) {
            const result = await first(forward, { matrix: block.matrix, weights: fedWeights });
            for (let k = 0; k < count; k++) {
                const score = scores[k];
                for (let row = 0; row < block.rows; row++)
                    score[block.start + row] = result[row * count + k] + biases[k];
            }
        }
        const loss = residuals(problem, scores);
        gradient.fill(0);
        for (const block of matrix.blocks) {
            const part = new Numbers(count * block.rows);
            for (let k = 0; k < count; k++) {
                part.set(scores[k].subarray(block.start, block.start + block.rows), k * block.rows);
            }
            const fed = await feed(part, [count, block.rows]);
            const result = await first(backward, { matrix: block.matrix, residuals: fed });
            for (let i = 0; i < result.length; i++)
                gradient[i] += result[i];
        }
        for (let k = 0, at = 0; k < count; k++) {
            let total = 0;
            for (const value of scores[k])
                total += value;
            for (let j = 0; j < width; j++, at++)
                gradient[at] = (gradient[at] - means[j] * total) * inverses[j];
            gradient[count * width + k] = total;
        }
        return { loss: loss + addPenalty(problem, point, gradient), gradient };
    };
    return {
        objective,
        exact: matrix.type === 'double',
        release: async () => {
            await forward.release();
            await backward.release();
        },
    };
}
async function first(session, feeds) {
    return (await session.run(feeds))['result'].data;
}
function scoreGraph(type, number, width, count) {
    const graph = new Graph('scores');
    const matrix = graph.cast(graph.input('matrix', type, ['N', width]), number);
    const weights = graph.input('weights', number, [count, width]);
    graph.output('result', graph.op('Gemm', [matrix, weights], { transB: 1 }), ['N', count]);
    return graph.encode();
}
function gradientGraph(type, number, width, count) {
    const graph = new Graph('gradient');
    const matrix = graph.cast(graph.input('matrix', type, ['N', width]), number);
    const residual = graph.input('residuals', number, [count, 'N']);
    graph.output('result', graph.op('MatMul', [residual, matrix]), [count, width]);
    return graph.encode();
}
async function buildMatrix(features, moments) {
    const { rows, columns } = features;
    const width = columns.length;
    const bytes = columns.every(column => column.values.every(value => value >= 0 && value <= 255 && value % 1 === 0));
    const type = bytes ? 'uint8' : rows * width <= DOUBLE_CELLS ? 'double' : 'float';
    const blockRows = Math.max(1, Math.min(rows, Math.floor(BLOCK_CELLS / Math.max(1, width))));
    const starts = Array.from({ length: Math.ceil(rows / blockRows) }, (_, i) => i * blockRows);
    const Numbers = { uint8: Uint8Array, float: Float32Array, double: Float64Array }[type];
    const parts = starts.map(start => new Numbers(Math.min(blockRows, rows - start) * width));
    for (const [j, column] of columns.entries()) {
        const values = denseValues(column, rows);
        const mean = type === 'float' ? moments.means[j] : 0;
        const inverse = type === 'float' ? moments.inverses[j] : 1;
        for (const [i, part] of parts.entries()) {
            const start = starts[i];
            for (let at = j, row = start; at < part.length; at += width, row++)
                part[at] = (values[row] - mean) * inverse;
        }
    }
    const blocks = [];
    for (const [i, part] of parts.entries()) {
        const count = part.length / Math.max(1, width);
        blocks.push({ start: starts[i], rows: count, matrix: await feed(part, [count, width]) });
    }
    return { type, blocks, moments: type === 'float' ? null : moments };
}
