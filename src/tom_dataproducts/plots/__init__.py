"""What plots are made of: columns of numbers (`columns`), thinned without losing an extreme (`thinning`), periods (`periods`), spectral lines
(`lines`), what of a target they need (`about`), the formats in which they leave (`formats`), and pictures for where no script runs (`image`)."""
