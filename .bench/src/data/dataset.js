const decoder = new TextDecoder();
/** The string in one row of a string column, or undefined when missing. */
export function stringAt(column, row) {
    if (column.kind === 'categorical')
        return column.codes[row] < 0 ? undefined : column.categories[column.codes[row]];
    if (column.missing[row])
        return undefined;
    return decoder.decode(column.bytes.subarray(column.offsets[row], column.offsets[row + 1]));
}
/** The rows named by `rows`, in that order, as a new column. */
export function takeColumn(column, rows) {
    switch (column.kind) {
        case 'numeric':
        case 'datetime': {
            const values = column.values instanceof Float32Array ? new Float32Array(rows.length) : new Float64Array(rows.length);
            for (let i = 0; i < rows.length; i++)
                values[i] = column.values[rows[i]];
            return { ...column, values };
        }
        case 'categorical':
            return { ...column, codes: rows.map(row => column.codes[row]) };
        case 'text': {
            const offsets = new Float64Array(rows.length + 1);
            for (let i = 0; i < rows.length; i++) {
                offsets[i + 1] = offsets[i] + column.offsets[rows[i] + 1] - column.offsets[rows[i]];
            }
            const bytes = new Uint8Array(offsets[rows.length]);
            const missing = new Uint8Array(rows.length);
            for (let i = 0; i < rows.length; i++) {
                bytes.set(column.bytes.subarray(column.offsets[rows[i]], column.offsets[rows[i] + 1]), offsets[i]);
                missing[i] = column.missing[rows[i]];
            }
            return { ...column, bytes, offsets, missing };
        }
    }
}
/** The rows named by `rows`, in that order, as a new dataset. */
export const takeRows = (dataset, rows) => ({
    name: dataset.name,
    rows: rows.length,
    columns: dataset.columns.map(column => takeColumn(column, rows)),
});
/** The column of that name, or undefined. */
export const findColumn = (dataset, name) => dataset.columns.find(column => column.name === name);
