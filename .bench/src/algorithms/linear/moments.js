const MIN_RELATIVE_DEVIATION = 1e-7; // below this, float32 values hold rounding and nothing else
/** `weights` sum to 1. */
export function momentsOf({ columns, rows }, weights) {
    const means = new Float64Array(columns.length);
    const inverses = new Float64Array(columns.length);
    for (const [j, column] of columns.entries()) {
        const { values } = column;
        let mean = 0;
        let squares = 0;
        if (column.kind === 'dense') {
            for (let row = 0; row < rows; row++)
                mean += weights[row] * values[row];
            for (let row = 0; row < rows; row++)
                squares += weights[row] * (values[row] - mean) ** 2;
        }
        else {
            const { index } = column;
            let covered = 0;
            for (let i = 0; i < index.length; i++)
                mean += weights[index[i]] * values[i];
            for (let i = 0; i < index.length; i++) {
                covered += weights[index[i]];
                squares += weights[index[i]] * (values[i] - mean) ** 2;
            }
            squares += Math.max(0, 1 - covered) * mean * mean;
        }
        means[j] = mean;
        const deviation = Math.sqrt(squares);
        inverses[j] = deviation > MIN_RELATIVE_DEVIATION * Math.abs(mean) && deviation > 0 ? 1 / deviation : 0;
    }
    return { means, inverses };
}
