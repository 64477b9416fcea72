package client;

import com.google.protobuf.ListValue;
import com.google.protobuf.NullValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import java.util.List;
import java.util.Map;

/** Makes the instances of a request from values of Java. */
public final class Rows {
  /**
   * Rows as instances.
   *
   * @param rows each a list of cells in the order of the features, a map of cells by feature name, or a single value
   */
  public static ListValue of(List<?> rows) {
    ListValue.Builder list = ListValue.newBuilder();
    for (Object row : rows) list.addValues(value(row));
    return list.build();
  }

  private static Value value(Object cell) {
    Value.Builder value = Value.newBuilder();
    if (cell == null) return value.setNullValue(NullValue.NULL_VALUE).build();
    if (cell instanceof Number number) return value.setNumberValue(number.doubleValue()).build();
    if (cell instanceof Boolean bool) return value.setBoolValue(bool).build();
    if (cell instanceof String text) return value.setStringValue(text).build();
    if (cell instanceof List<?> list) return value.setListValue(of(list)).build();
    if (cell instanceof Map<?, ?> map) {
      Struct.Builder struct = Struct.newBuilder();
      map.forEach((name, inner) -> struct.putFields((String) name, value(inner)));
      return value.setStructValue(struct).build();
    }
    throw new IllegalArgumentException("no JSON value: " + cell.getClass());
  }

  private Rows() {}
}
