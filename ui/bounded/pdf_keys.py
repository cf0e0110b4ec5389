"""The keys of a PDF that draw something, as ISO 32000-2 names them. Other keys are dropped."""

# What an action does (its /S). None of these is a value of another /S.
ACTIONS = {
    "/GoTo", "/GoToR", "/GoToE", "/GoToDp", "/Launch", "/Thread", "/URI", "/Sound", "/Movie", "/Hide", "/Named",
    "/SubmitForm", "/ResetForm", "/ImportData", "/JavaScript", "/SetOCGState", "/Rendition", "/Trans", "/GoTo3DView",
    "/RichMediaExecute",
}  # fmt: skip
KEPT_OF_PAGE = {
    "/Type", "/MediaBox", "/CropBox", "/Rotate", "/UserUnit", "/Contents", "/Resources", "/Group", "/Annots",
}  # fmt: skip
KEPT_OF_RESOURCES = {
    "/ExtGState",
    "/ColorSpace",
    "/Pattern",
    "/Shading",
    "/XObject",
    "/Font",
    "/ProcSet",
    "/Properties",
}
KEPT_OF_ANNOTATION = {
    "/Type", "/Subtype", "/Rect", "/F", "/OC", "/C", "/CA", "/ca", "/BM", "/Border", "/BS", "/BE", "/QuadPoints", "/L",
    "/LE", "/IC", "/InkList", "/Vertices", "/DA", "/DS", "/Q", "/Contents", "/RD", "/CL", "/Name", "/IT", "/LL", "/LLE",
    "/LLO", "/Cap", "/CP", "/CO", "/H", "/AP",
}  # fmt: skip
_ANNOTATION_PARTS = {"/N", "/W", "/S", "/D", "/I"}
_STREAM = {"/Length", "/Filter", "/DecodeParms", "/DL"}
_FILTER = {
    "/Predictor", "/Colors", "/BitsPerComponent", "/Columns", "/EarlyChange", "/K", "/EndOfLine", "/EncodedByteAlign",
    "/Rows", "/EndOfBlock", "/BlackIs1", "/DamagedRowsBeforeError", "/JBIG2Globals", "/ColorTransform",
}  # fmt: skip
_IMAGE = {
    "/Width", "/Height", "/ColorSpace", "/Intent", "/ImageMask", "/Mask", "/Decode", "/Interpolate", "/SMask",
    "/SMaskInData", "/Name", "/Matte",
}  # fmt: skip
_FORM = {"/Type", "/Subtype", "/FormType", "/BBox", "/Matrix", "/Resources", "/Group", "/OC"}
_GROUP = {"/S", "/CS", "/I", "/K", "/G", "/BC"}
_GRAPHICS_STATE = {
    "/LW", "/LC", "/LJ", "/ML", "/D", "/RI", "/OP", "/op", "/OPM", "/Font", "/BG", "/BG2", "/UCR", "/UCR2", "/TR",
    "/TR2", "/FL", "/SM", "/SA", "/BM", "/SMask", "/CA", "/ca", "/AIS", "/TK", "/UseBlackPtComp",
}  # fmt: skip
_FUNCTION = {
    "/FunctionType", "/Domain", "/Range", "/Size", "/BitsPerSample", "/Order", "/Encode", "/C0", "/C1", "/N",
    "/Functions", "/Bounds",
}  # fmt: skip
_SHADING = {
    "/ShadingType", "/Background", "/AntiAlias", "/Function", "/Coords", "/Extend", "/BitsPerCoordinate",
    "/BitsPerFlag", "/VerticesPerRow",
}  # fmt: skip
_PATTERN = {"/PatternType", "/PaintType", "/TilingType", "/XStep", "/YStep", "/Shading", "/ExtGState"}
_COLOR_SPACE = {"/WhitePoint", "/BlackPoint", "/Gamma", "/Alternate", "/Colorants", "/Process", "/Components"}
_FONT = {
    "/BaseFont", "/FirstChar", "/LastChar", "/Widths", "/FontDescriptor", "/Encoding", "/ToUnicode", "/FontBBox",
    "/FontMatrix", "/CharProcs", "/DescendantFonts", "/CIDSystemInfo", "/Registry", "/Ordering", "/Supplement", "/DW",
    "/DW2", "/W2", "/CIDToGIDMap", "/BaseEncoding", "/Differences", "/CMapName", "/WMode", "/UseCMap", "/FontName",
    "/FontFamily", "/FontStretch", "/FontWeight", "/Flags", "/ItalicAngle", "/Ascent", "/Descent", "/Leading",
    "/CapHeight", "/XHeight", "/StemV", "/StemH", "/AvgWidth", "/MaxWidth", "/MissingWidth", "/FontFile", "/FontFile2",
    "/FontFile3", "/CharSet", "/Style", "/Panose", "/Lang", "/FD", "/CIDSet", "/Length1", "/Length2", "/Length3",
}  # fmt: skip
_LAYER = {
    "/OCGs", "/P", "/VE", "/Usage", "/View", "/ViewState", "/Print", "/PrintState", "/Export", "/ExportState", "/Zoom",
    "/min", "/max", "/Configs", "/BaseState", "/ON", "/OFF", "/AS", "/Event", "/Category", "/RBGroups",
}  # fmt: skip
KEPT = (
    _ANNOTATION_PARTS | _STREAM | _FILTER | _IMAGE | _FORM | _GROUP | _GRAPHICS_STATE | _FUNCTION | _SHADING | _PATTERN
    | _COLOR_SPACE | _FONT | _LAYER
)  # fmt: skip
