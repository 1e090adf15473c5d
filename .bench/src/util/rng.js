/**
 * A 32-bit seed from any list of parts (MurmurHash3 finaliser over their text), so that
 * `hashSeed(experimentSeed, trialId)` gives each trial its own stream whatever the order of work.
 */
export function hashSeed(...parts) {
    let hash = 0x9e3779b9;
    for (const part of parts) {
        const text = `${typeof part}:${part};`;
        for (let i = 0; i < text.length; i++) {
            hash = Math.imul(hash ^ text.charCodeAt(i), 0x85ebca6b);
            hash = (hash << 13) | (hash >>> 19);
        }
    }
    hash ^= hash >>> 16;
    hash = Math.imul(hash, 0x85ebca6b);
    hash ^= hash >>> 13;
    hash = Math.imul(hash, 0xc2b2ae35);
    return (hash ^ (hash >>> 16)) >>> 0;
}
/** The sfc32 generator (Chris Doty-Humphrey, PractRand), seeded by one 32-bit number. */
export function createRng(seed) {
    let a = 0x9e3779b9 ^ seed;
    let b = 0x243f6a88;
    let c = 0xb7e15162 ^ Math.imul(seed, 0x85ebca6b);
    let counter = 1;
    const bits = () => {
        const sum = (((a + b) | 0) + counter) | 0;
        counter = (counter + 1) | 0;
        a = b ^ (b >>> 9);
        b = (c + (c << 3)) | 0;
        c = (((c << 21) | (c >>> 11)) + sum) | 0;
        return sum >>> 0;
    };
    for (let i = 0; i < 12; i++)
        bits();
    const next = () => bits() / 0x100000000;
    const int = (bound) => Math.floor(next() * bound);
    let spare = NaN;
    return {
        next,
        int,
        normal() {
            if (!Number.isNaN(spare)) {
                const value = spare;
                spare = NaN;
                return value;
            }
            for (;;) {
                const u = 2 * next() - 1;
                const v = 2 * next() - 1;
                const s = u * u + v * v;
                if (s === 0 || s >= 1)
                    continue;
                const scale = Math.sqrt((-2 * Math.log(s)) / s);
                spare = v * scale;
                return u * scale;
            }
        },
        shuffle(items) {
            for (let i = items.length - 1; i > 0; i--) {
                const j = int(i + 1);
                const held = items[i];
                items[i] = items[j];
                items[j] = held;
            }
            return items;
        },
    };
}
