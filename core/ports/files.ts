/** What a path names. Sizes in bytes, times in ms since the epoch. */
export interface FileStat {
  readonly size: number
  readonly modifiedMs: number
  readonly directory: boolean
  /** Device and inode, which survive a rename; constant 0 where there is none. */
  readonly device: number
  readonly inode: number
}

/** An open file. Positions are bytes from the start; nothing keeps a cursor. */
export interface OpenFile {
  readonly path: string
  size(): number
  /** Reads up to `length` bytes into `target` at `targetStart`; returns how many, fewer only at the end of the file. */
  read(target: Uint8Array, targetStart: number, length: number, position: number): number
  /** The same off the event loop: for reads that may have to wait for the disk. */
  readAsync(target: Uint8Array, targetStart: number, length: number, position: number): Promise<number>
  /** Writes all of the chunks one after another from `position` on. */
  write(chunks: readonly Uint8Array[], position: number): void
  truncate(size: number): void
  /** Forces the data to the disk, off the event loop. */
  sync(): Promise<void>
  syncNow(): void
  close(): void
}

/**
 * The file system as a port. Every call but `readAsync`, `sync` and `syncDirectoryLater` is synchronous: small reads and appends to the page
 * cache cost less than a trip through the thread pool.
 */
export interface Files {
  /** Opens for reading and writing; `create` makes a missing file, else a missing file throws ENOENT. */
  open(path: string, options?: { readonly create?: boolean; readonly readonly?: boolean }): OpenFile
  exists(path: string): boolean
  stat(path: string): FileStat
  /** Names in a directory, sorted. */
  list(path: string): string[]
  makeDirectory(path: string): void
  rename(from: string, to: string): void
  remove(path: string): void
  /** Removes a directory and what is in it. */
  removeTree(path: string): void
  readWhole(path: string): Buffer
  /** Replaces the content atomically: temporary file, sync, rename, sync of the directory. */
  replace(path: string, content: Uint8Array): void
  /** Makes renames and creations in a directory durable. */
  syncDirectory(path: string): void
  /** The same off the event loop. */
  syncDirectoryLater(path: string): Promise<void>
  /** Bytes of the file system that holds the path, and those that are free for this user; absent where that means nothing. */
  space?(path: string): { readonly totalBytes: number; readonly usableBytes: number }
}
