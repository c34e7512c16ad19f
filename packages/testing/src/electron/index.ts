/**
 * A double of the parts of Electron that pass ports between its main process and its windows.
 *
 * Electron cannot be installed where this project is built and tested (its binary is not on the registry). So this is
 * written from its current documentation: `MessagePortMain`, `MessageChannelMain`, "MessagePorts in Electron",
 * `webContents.postMessage`, `webContents.ipc`, `ipcRenderer`, and from the issues that say where buffers stay
 * (electron/electron#34905, #37565). Nothing here has been compared with the real thing by running both.
 *
 * What it keeps: the EventEmitter face in the main process and the DOM's in a window; messages as `{ data, ports }`, which
 * wait until `start`; `close` on the other side only; ports that move and are neutered; a transfer list of ports only;
 * copied buffers; a message that is lost when a window transfers a buffer, or leaves a port within it.
 *
 * What it does not: a window is a worker thread, not a process, without a DOM; ports are not closed by being collected;
 * messages between two windows that hold ports within them; `WeakRef`s, frames, sessions, and all the rest of Electron.
 */
export { BrowserWindow, type WebContents } from "./BrowserWindow.ts"
export { ipcRenderer, type IpcRendererEvent } from "./ipc-renderer.ts"
export { MessageChannelMain, MessagePortMain } from "./MessagePortMain.ts"
export { MessageChannel, MessagePort } from "./MessagePort.ts"
export { moveToPage } from "./move-to-page.ts"
