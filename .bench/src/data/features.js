/** The values of a feature in every row. */
export function denseValues(feature, rows) {
    if (feature.kind === 'dense')
        return feature.values;
    const values = new Float32Array(rows);
    for (let i = 0; i < feature.index.length; i++)
        values[feature.index[i]] = feature.values[i];
    return values;
}
/** Row-major float32 matrix, rows × columns. */
export function toRowMajor({ rows, columns }) {
    const width = columns.length;
    const matrix = new Float32Array(rows * width);
    // Blocks of rows keep the destination in cache while the columns are walked.
    const BLOCK = 256;
    for (let start = 0; start < rows; start += BLOCK) {
        const end = Math.min(rows, start + BLOCK);
        for (let j = 0; j < width; j++) {
            const column = columns[j];
            if (column.kind === 'dense')
                for (let row = start; row < end; row++)
                    matrix[row * width + j] = column.values[row];
        }
    }
    for (let j = 0; j < width; j++) {
        const column = columns[j];
        if (column.kind === 'sparse')
            for (let i = 0; i < column.index.length; i++)
                matrix[column.index[i] * width + j] = column.values[i];
    }
    return matrix;
}
/** The rows named by `rows`, in that order. */
export function takeFeatures(features, rows) {
    let position; // new row of each old row, −1 when left out
    const columns = features.columns.map((column) => {
        if (column.kind === 'dense') {
            const values = new Float32Array(rows.length);
            for (let i = 0; i < rows.length; i++)
                values[i] = column.values[rows[i]];
            return { ...column, values };
        }
        if (!position) {
            position = new Int32Array(features.rows).fill(-1);
            for (let i = 0; i < rows.length; i++)
                position[rows[i]] = i;
        }
        const kept = [];
        for (let i = 0; i < column.index.length; i++) {
            const row = position[column.index[i]];
            if (row >= 0)
                kept.push([row, column.values[i]]);
        }
        kept.sort((a, b) => a[0] - b[0]);
        return {
            ...column,
            index: Int32Array.from(kept, entry => entry[0]),
            values: Float32Array.from(kept, entry => entry[1]),
        };
    });
    return { rows: rows.length, columns };
}
