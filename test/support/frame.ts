import { create, type DescMessage, type MessageInitShape, toBinary } from "@bufbuild/protobuf";

/** A message as gRPC, gRPC-Web and Connect streams frame it: flags, length, bytes. */
export function frame(data: Uint8Array, flags = 0, length = data.length): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(flags, 0);
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, data]);
}

/** A protobuf message in a frame. */
export function framed<Desc extends DescMessage>(desc: Desc, value: MessageInitShape<Desc>): Buffer {
  return frame(toBinary(desc, create(desc, value)));
}
