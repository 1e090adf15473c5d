import { createHash, randomBytes } from 'node:crypto';
import { closeSync, createReadStream, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync, } from 'node:fs';
import { dirname, join } from 'node:path';
/** Writes a file so that its final name never holds half of it: temporary name, fsync, rename, fsync of the folder. */
export function writeFileAtomic(path, data) {
    const folder = dirname(path);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const temporary = join(folder, `.tmp-${randomBytes(6).toString('hex')}`);
    const bytes = typeof data === 'string' ? Buffer.from(data) : data;
    try {
        const file = openSync(temporary, 'wx', 0o600);
        try {
            for (let offset = 0; offset < bytes.length;)
                offset += writeSync(file, bytes, offset);
            fsyncSync(file);
        }
        finally {
            closeSync(file);
        }
        renameSync(temporary, path);
    }
    catch (error) {
        rmSync(temporary, { force: true });
        throw error;
    }
    syncFolder(folder);
}
/** Makes renames and new names in a folder durable. */
export function syncFolder(folder) {
    const handle = openSync(folder, 'r');
    try {
        fsyncSync(handle);
    }
    finally {
        closeSync(handle);
    }
}
/** SHA-256 of a file, in lower-case hex. */
export async function sha256File(path) {
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path))
        hash.update(chunk);
    return hash.digest('hex');
}
/** SHA-256 of bytes or text, in lower-case hex. */
export const sha256 = (data) => createHash('sha256').update(data).digest('hex');
