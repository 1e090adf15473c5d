function visitLayer(layer, visit) {
    switch (layer.kind) {
        case 'dense': {
            const { inputs, outputs } = layer;
            const weights = visit({ values: layer.weights, dims: [inputs, outputs] });
            return { ...layer, weights, biases: visit({ values: layer.biases, dims: [outputs] }) };
        }
        case 'sum':
            return {
                ...layer,
                branches: layer.branches.map(branch => branch.map(inner => visitLayer(inner, visit))),
            };
        case 'conv': {
            const { inputs, outputs } = layer;
            const weights = visit({ values: layer.weights, dims: [outputs, inputs, 3, 3] });
            return { ...layer, weights, biases: visit({ values: layer.biases, dims: [outputs] }) };
        }
        default:
            return layer;
    }
}
/** The net with every trained array replaced by what `visit` returns for it, in one fixed order. */
export function visitParameters(net, visit) {
    const embeddings = net.embeddings.map(embedding => {
        const { categories, width, table } = embedding;
        return { ...embedding, table: visit({ values: table, dims: [categories + 1, width] }) };
    });
    return { ...net, embeddings, layers: net.layers.map(layer => visitLayer(layer, visit)) };
}
/** Every trained array, in the order of `visitParameters`. */
export function parametersOf(net) {
    const parameters = [];
    visitParameters(net, parameter => {
        parameters.push(parameter);
        return parameter.values;
    });
    return parameters;
}
/** How many tensors of parameters a layer takes from the list. */
export const parameterCount = (layer) => layer.kind === 'dense' || layer.kind === 'conv' ? 2 : 0;
/** A number of the element type of `like`. */
export const scalar = (graph, value, like) => like.type === 'double' ? graph.f64(value) : graph.f32(value);
/** Forward nodes of one layer without branches. Dropout passes its input on. */
export function emitLayer(graph, layer, input, parameters) {
    switch (layer.kind) {
        case 'dense':
            return graph.op('Gemm', [input, ...parameters]);
        case 'activation':
            if (layer.name === 'silu')
                return graph.op('Mul', [input, graph.op('Sigmoid', [input])]);
            return graph.op(layer.name === 'relu' ? 'Relu' : 'Tanh', [input]);
        case 'dropout':
            return input;
        case 'image': {
            const { channels, height, width, padHeight, padWidth } = layer;
            const image = graph.op('Reshape', [input, graph.i64(-1, channels, height, width)]);
            if (padHeight === 0 && padWidth === 0)
                return image;
            return graph.op('Pad', [image, graph.i64(0, 0, 0, 0, 0, 0, padHeight, padWidth)]);
        }
        case 'conv':
            return graph.op('Conv', [input, ...parameters], SAME_SIZE);
        case 'max-pool':
            return graph.op('MaxPool', [input], { kernel_shape: { ints: [2, 2] }, strides: { ints: [2, 2] } });
        case 'flatten':
            return graph.op('Reshape', [input, graph.i64(-1, layer.width)]);
    }
}
/** Attributes of a 3 × 3 convolution that keeps the size of its image. */
export const SAME_SIZE = { kernel_shape: { ints: [3, 3] }, pads: { ints: [1, 1, 1, 1] } };
/** Numeric features as the first layer sees them. */
export function emitEntry(graph, { scale, shift, squash }, numeric) {
    const vector = (values) => graph.constant(numeric.type === 'double' ? Float64Array.from(values) : values, [values.length]);
    const scaled = graph.op('Add', [graph.op('Mul', [numeric, vector(scale)]), vector(shift)]);
    if (squash === 0)
        return scaled;
    const ratio = graph.op('Mul', [scaled, scalar(graph, 1 / squash, numeric)]);
    const root = graph.op('Sqrt', [
        graph.op('Add', [graph.op('Mul', [ratio, ratio]), scalar(graph, 1, numeric)]),
    ]);
    return graph.op('Div', [scaled, root]);
}
/** The fixed entry of one feature in plain arithmetic, as `emitEntry` computes it. */
export function entryValue({ scale, shift, squash }, position, value) {
    const scaled = value * scale[position] + shift[position];
    return squash === 0 ? scaled : scaled / Math.sqrt(1 + (scaled / squash) ** 2);
}
/** The whole net over features `[N, features]`, float: the values of its last layer. */
export function emitNetwork(graph, net, features) {
    const parts = [];
    if (net.numeric.length > 0) {
        const columns = graph.constant(net.numeric, [net.numeric.length]);
        parts.push(emitEntry(graph, net, graph.op('Gather', [features, columns], { axis: 1 })));
    }
    for (const embedding of net.embeddings)
        parts.push(emitEmbedding(graph, embedding, features));
    const joined = parts.length === 1 ? parts[0] : graph.op('Concat', parts, { axis: 1 });
    return emitLayers(graph, net.layers, joined);
}
function emitLayers(graph, layers, input) {
    let value = input;
    for (const layer of layers) {
        if (layer.kind === 'sum') {
            const from = value;
            value = graph.op('Sum', layer.branches.map(branch => emitLayers(graph, branch, from)));
            continue;
        }
        const parameters = [];
        visitLayer(layer, ({ values, dims }) => {
            parameters.push(graph.constant(values, dims));
            return values;
        });
        value = emitLayer(graph, layer, value, parameters);
    }
    return value;
}
function emitEmbedding(graph, { feature, categories, width, table }, features) {
    const codes = graph.op('Gather', [features, graph.constant(Int32Array.of(feature), [])], { axis: 1 });
    // NaN and codes outside 0 … categories − 1 go to the last row. Comparisons with NaN are false.
    const known = graph.op('And', [
        graph.op('GreaterOrEqual', [codes, graph.f32(0)], {}, { type: 'bool' }),
        graph.op('LessOrEqual', [codes, graph.f32(categories - 1)], {}, { type: 'bool' }),
    ], {}, { type: 'bool' });
    const rows = graph.op('Where', [known, codes, graph.f32(categories)], {}, { type: 'float' });
    const vectors = graph.constant(table, [categories + 1, width]);
    return graph.op('Gather', [vectors, graph.cast(rows, 'int32')], { axis: 0 });
}
