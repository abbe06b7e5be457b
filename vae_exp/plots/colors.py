"""The colours of pictures, for print, grey levels and colour-blind readers."""

# Okabe and Ito 2008, "Color Universal Design"; the order keeps neighbours apart in grey as well
BLUE, ORANGE, GREEN, VERMILLION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
PURPLE, SKY, YELLOW, BLACK = "#CC79A7", "#56B4E9", "#F0E442", "#000000"
COLORS = (BLUE, ORANGE, BLACK, SKY, VERMILLION, YELLOW, GREEN, PURPLE)
LINE_COLORS = tuple(color for color in COLORS if color != YELLOW)  # too pale for a line
