import { defaultFrameBytes, errorCode, maxWindow, setting } from "../../base/http2-frames.ts";
import { ProtocolError } from "./protocol-error.ts";

/** What a server says in SETTINGS, of what matters to a client that keeps no table of headers; undefined is not said. */
export interface ServerSettings {
  maxStreams?: number;
  initialWindow?: number;
  frameBytes?: number;
}

const maxFrameBytes = 0xff_ffff;

/** Reads the payload of a SETTINGS frame. @throws ProtocolError */
export function readSettings(payload: Buffer): ServerSettings {
  if (payload.length % 6 !== 0) throw new ProtocolError(errorCode.frameSizeError, "settings have another size");
  const settings: ServerSettings = {};
  for (let at = 0; at < payload.length; at += 6) {
    const value = payload.readUInt32BE(at + 2);
    switch (payload.readUInt16BE(at)) {
      case setting.enablePush:
        if (value !== 0) throw new ProtocolError(errorCode.protocolError, "a server cannot be pushed to");
        break;
      case setting.maxConcurrentStreams:
        settings.maxStreams = value;
        break;
      case setting.initialWindowSize:
        if (value > maxWindow) throw new ProtocolError(errorCode.flowControlError, "a window is too large");
        settings.initialWindow = value;
        break;
      case setting.maxFrameSize:
        if (value < defaultFrameBytes || value > maxFrameBytes) {
          throw new ProtocolError(errorCode.protocolError, "frames cannot be of that size");
        }
        settings.frameBytes = value;
        break;
      default:
    }
  }
  return settings;
}
