print("suanpan")
