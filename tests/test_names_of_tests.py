def test_no_name_of_a_test_holds_bytes(request):
    """Bytes may change from one collection to the next, as the time in a gzip file does."""
    calls = [item.callspec for item in request.session.items if hasattr(item, "callspec")]
    for call in calls:
        for value in call.params.values():
            if isinstance(value, bytes) and len(value) > 3:  # shorter ones occur by chance
                assert ascii(value)[2:-1] not in call.id, call.id
