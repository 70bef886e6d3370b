"""Names and addresses as the law and the certificate write them, and as people search for them."""
