import { denseValues } from '../data/features.js';
import { entryValue } from '../onnx/network.js';
import { feed } from '../onnx/session.js';
const BYTES_ABOVE_CELLS = 1 << 22; // smaller tables go through the net's entry once, here, and not at every step
/** Whether every value of every numeric feature is a whole number from 0 to 255. */
export const holdsBytes = ({ columns }, numeric) => numeric.every(j => columns[j].values.every(value => value >= 0 && value <= 255 && value % 1 === 0));
/** How many rows of a net's table are kept: bytes for a large table of bytes, float32 otherwise. */
export const storeOf = (features, net) => features.rows * net.numeric.length > BYTES_ABOVE_CELLS && holdsBytes(features, net.numeric)
    ? 'uint8'
    : 'float';
/** The rows named by `rows`, in that order, laid out row-major for gathering. */
export async function residentTable({ features, target, weights }, net, { rows, store, loss, }) {
    const feeds = {};
    const width = net.numeric.length;
    if (width > 0) {
        const matrix = new (store === 'uint8' ? Uint8Array : Float32Array)(rows.length * width);
        for (const [position, j] of net.numeric.entries()) {
            const values = denseValues(features.columns[j], features.rows);
            if (store === 'uint8')
                for (let i = 0; i < rows.length; i++)
                    matrix[i * width + position] = values[rows[i]];
            else {
                for (let i = 0; i < rows.length; i++) {
                    matrix[i * width + position] = entryValue(net, position, values[rows[i]]);
                }
            }
        }
        feeds['matrix'] = await feed(matrix, [rows.length, width]);
    }
    if (net.embeddings.length > 0)
        feeds['codes'] = await feed(codesOf(features, net, rows), [rows.length, net.embeddings.length]);
    feeds['target'] =
        loss === 'cross-entropy'
            ? await feed(Int32Array.from(rows, row => target[row]), [rows.length])
            : await feed(Float32Array.from(rows, row => target[row]), [rows.length, 1]);
    if (weights)
        feeds['importance'] = await feed(Float32Array.from(rows, row => weights[row]), [rows.length, 1]);
    return { rows: rows.length, store, feeds };
}
/** Row-major rows × embeddings; missing and unknown codes become the number of categories. */
function codesOf(features, { embeddings }, rows) {
    const codes = new Int32Array(rows.length * embeddings.length);
    for (const [position, { feature, categories }] of embeddings.entries()) {
        const values = denseValues(features.columns[feature], features.rows);
        for (let i = 0; i < rows.length; i++) {
            const code = values[rows[i]];
            codes[i * embeddings.length + position] = code >= 0 && code <= categories - 1 ? code : categories;
        }
    }
    return codes;
}
